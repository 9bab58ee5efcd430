import ArgumentParser
import Bus
import Competition
import Diagnosis
import ServiceKit

extension Streams {
  struct Groups: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows who reads the streams: members of the groups, what they have in work, and what they say they do."
    )
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let bus = try Connection().bus
      let notes = try await bus.workers()
      var rows: [Member] = []
      for stream in BusStream.allCases {
        for consumer in try await bus.consumers(of: stream) {
          rows.append(Member(stream: stream, consumer: consumer, note: notes.first { $0.name == consumer.name }))
        }
      }
      if output.json { return Terminal.json(.array(rows.map(\.json))) }
      if rows.isEmpty { return Terminal.line("nobody reads the streams") }
      Terminal.line(
        Terminal.table(["group", "member", "pending", "idle", "says"], rows.map(\.cells), right: [2, 3]))
    }

    private struct Member {
      var stream: BusStream
      var consumer: ConsumerInfo
      /// nil: it has not been heard of lately.
      var note: WorkerNote?

      private var idle: Double { consumer.idle / .seconds(1) }

      var cells: [String] {
        [
          stream.group.rawValue, consumer.name, String(consumer.pending), Spoken.span(idle),
          note?.state ?? "nothing: it is gone",
        ]
      }

      var json: JSON {
        .object([
          "stream": .string(stream.rawValue), "group": .string(stream.group.rawValue), "member": .string(consumer.name),
          "pending": JSON(consumer.pending), "idle_seconds": .double(idle), "state": JSON(note?.state),
          "leads": .bool(note?.leads ?? false), "handled": note.map { JSON($0.handled) } ?? .null,
          "lives": .bool(note != nil),
        ])
      }
    }
  }

  struct Pending: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Shows the entries of a stream that are in work, the oldest first: who has them, since when, and how often.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @Option(name: .shortAndLong, help: "How many entries.") var count = 20
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let entries = try await Connection().bus.pending(of: stream, limit: count)
      if output.json {
        for entry in entries {
          Terminal.json(
            .object([
              "id": .string(entry.id.description), "member": .string(entry.consumer),
              "idle_seconds": .double(entry.idle / .seconds(1)), "deliveries": JSON(entry.deliveries),
            ]))
        }
        return
      }
      if entries.isEmpty { return Terminal.line("nothing of \(stream.rawValue) is in work") }
      Terminal.line(
        Terminal.table(
          ["entry", "added", "member", "idle", "deliveries"],
          entries.map { entry in
            [
              entry.id.description, entry.id.time.description, entry.consumer, Spoken.span(entry.idle / .seconds(1)),
              String(entry.deliveries),
            ]
          }, right: [3, 4]))
    }
  }

  struct Trim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes entries that every live group is done with; what somebody still needs stays.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @Option(help: "How many of the newest entries stay in any case.") var keep = 0
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard keep >= 0 else { throw ValidationError("--keep must not be negative") }
    }

    func run() async throws {
      let removed = try await Connection().bus.trim(stream, keeping: keep)
      if output.json { return Terminal.json(.object(["removed": JSON(removed)])) }
      Terminal.line("\(removed) entries removed from \(stream.rawValue)")
    }
  }

  struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Publishes again what PostgreSQL says is undone and Redis does not have.",
      discussion: """
        The leading score worker does this by itself every few seconds. Doing it by hand harms nothing: what is there is not
        published twice, and what is scored already is not scored again.
        """)
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let connection = try Connection()
      let published = try await Sweep(store: connection.store, bus: connection.bus, logger: Terminal.silence).run()
      if output.json { return Terminal.json(.object(["published": JSON(published)])) }
      Terminal.line(
        published == 0
          ? "nothing was missing: all undone work that is due is in Redis" : "\(published) tasks published again")
    }
  }
}
