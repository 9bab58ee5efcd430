import ArgumentParser
import Bus
import Competition
import Foundation
import ServiceKit

struct Streams: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks into the streams.", subcommands: [List.self, Peek.self, Tail.self], defaultSubcommand: List.self)
}

extension BusStream: ExpressibleByArgument {}

extension Streams {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls",
      abstract: "Lists the streams: length, groups, pending, lag, and the age of the oldest unfinished entry.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let status = try await Connection().bus.status()
      let now = Timestamp.now()
      if output.json { return Terminal.json(Self.json(status, now)) }
      let rows = status.streams.flatMap { Self.rows($0, now) }
      Terminal.line(
        Terminal.table(
          ["stream", "length", "group", "consumers", "pending", "lag", "oldest"], rows, right: [1, 3, 4, 5, 6]))
      let next = status.nextDue.map { ", the next is due in \(Terminal.span(max(0, $0.seconds(since: now))))" } ?? ""
      Terminal.line("\nwaiting for their time: \(status.delayed) tasks\(next)")
    }

    private static func rows(_ stream: BusStatus.Stream, _ now: Timestamp) -> [[String]] {
      let start = [stream.stream.rawValue, String(stream.length)]
      if stream.groups.isEmpty { return [start + ["-", "-", "-", "-", "-"]] }
      return stream.groups.map { group in
        let age = group.oldestUnfinished.map { Terminal.span(now.seconds(since: $0)) }
        return start + [group.name, String(group.consumers), String(group.pending), String(group.lag), age ?? "-"]
      }
    }

    private static func json(_ status: BusStatus, _ now: Timestamp) -> JSON {
      let streams = status.streams.map { stream -> JSON in
        let groups = stream.groups.map { group -> JSON in
          .object([
            "name": .string(group.name), "consumers": JSON(group.consumers), "pending": JSON(group.pending),
            "lag": JSON(group.lag),
            "oldest_seconds": JSON(finite: group.oldestUnfinished.map { now.seconds(since: $0) }),
          ])
        }
        return .object([
          "stream": .string(stream.stream.rawValue), "length": JSON(stream.length), "groups": .array(groups),
        ])
      }
      return .object([
        "streams": .array(streams), "delayed": JSON(status.delayed),
        "next_due": JSON(status.nextDue.map { $0.iso8601(.z) }),
      ])
    }
  }

  struct Peek: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows the newest entries of a stream.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @Option(name: .shortAndLong, help: "How many entries.") var count = 10
    @OptionGroup var output: OutputOptions

    func run() async throws {
      for entry in try await Connection().bus.entries(of: stream, after: nil, limit: count) {
        EntryText.print(entry, json: output.json)
      }
    }
  }

  struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows entries of a stream as they come, until Ctrl-C.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let bus = try Connection().bus
      var last =
        try await bus.entries(of: stream, after: nil, limit: 1).last?.id
        ?? EntryID(milliseconds: 0, sequence: 0)
      while true {
        for entry in try await bus.entries(of: stream, after: last, limit: 1_000) {
          EntryText.print(entry, json: output.json)
          last = entry.id
        }
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }
}

/// An entry as a person reads it: when it was added, what it is, and its fields.
enum EntryText {
  static func print(_ entry: BusEntry, json: Bool) {
    let time = Timestamp(milliseconds: Int64(entry.id.milliseconds))
    if json {
      var object: JSONObject = ["id": .string(entry.id.description), "added_at": .string(time.iso8601(.z))]
      for field in entry.fields { object[field.name] = .string(field.value) }
      return Terminal.json(.object(object))
    }
    let fields = entry.fields.filter { $0.name != "v" && $0.name != "kind" && !$0.value.isEmpty }
    let kind = entry.fields.first { $0.name == "kind" }?.value ?? "?"
    Terminal.line("\(time)  \(entry.id)  \(kind)")
    for field in fields { Terminal.line("    \(field.name): \(field.value)") }
  }
}
