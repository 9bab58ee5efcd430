import ArgumentParser
import Bus
import Competition
import Diagnosis
import ServiceKit
import Store

extension Streams {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls",
      abstract: "Lists the streams: length, groups, what is in work and unread, and how old it is.",
      discussion: """
        lag: entries that nobody has taken yet. pending: entries that a worker has and has not acknowledged. parked: entries
        of a newer version, for a newer worker. Ages are those of the oldest entry. The second table counts what happened to
        entries since the workers that live now started; in/s and out/s are entries a second.
        """)
    @Flag(help: "Take a second to measure how many entries come and go.")
    var rates = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let connection = try Connection()
      let paused = await Self.paused(connection.store)
      let status: BusStatus
      let workers: [WorkerNote]
      do {
        status = try await connection.bus.status()
        workers = try await connection.bus.workers()
      } catch {
        // What PostgreSQL knows is told all the same.
        if output.json {
          Terminal.json(.object(["streams": nil, "paused": .array(paused.map { .string($0.stream) })]))
        } else {
          for pause in paused { Terminal.line(Self.text(pause)) }
        }
        throw error
      }
      let work = StreamTraffic(tally: WorkTally(of: workers), rates: rates ? try await Self.rates(connection) : nil)
      Terminal.line(output.json ? Self.json(status, paused, work).text : Self.text(status, paused, work))
    }

    private static func rates(_ connection: Connection) async throws -> PipelineRates {
      var rates = PipelineRates()
      rates.note(await PipelineLook.take(bus: connection.bus, store: connection.store))
      try await Task.sleep(for: .seconds(1))
      rates.note(await PipelineLook.take(bus: connection.bus, store: connection.store))
      return rates
    }

    /// The paused streams with their reasons. Without PostgreSQL nobody knows, and the streams are shown all the same.
    private static func paused(_ store: Store) async -> [PauseStore.Pause] {
      do { return try await store.pauses.all() } catch {
        Terminal.complain("what is paused is not known: \(error)")
        return []
      }
    }

    static func text(_ status: BusStatus, _ paused: [PauseStore.Pause], _ work: StreamTraffic? = nil) -> String {
      let table = status.streams.flatMap { rows($0, status.now) }
      var lines = [
        Terminal.table(
          ["stream", "length", "parked", "group", "members", "lag", "oldest", "pending", "oldest"], table,
          right: [1, 2, 4, 5, 6, 7, 8]), "",
      ]
      if let work { lines += [work.table, ""] }
      let next =
        status.nextDue.map { ", the next one in \(Spoken.span(max(0, $0.seconds(since: status.now))))" } ?? ""
      lines.append("waiting for their time: \(status.delayed) tasks\(status.overdue > 0 ? "" : next)")
      if status.overdue > 0 { lines.append("due, and without room in the stream: \(status.overdue) tasks") }
      for pause in paused { lines.append(text(pause)) }
      return lines.joined(separator: "\n")
    }

    private static func text(_ pause: PauseStore.Pause) -> String {
      "paused: \(pause.stream) since \(pause.since)\(pause.reason.isEmpty ? "" : ", \(pause.reason)")"
    }

    private static func rows(_ stream: BusStatus.Stream, _ now: Timestamp) -> [[String]] {
      let start = [stream.stream.rawValue, String(stream.length), String(stream.parked)]
      if stream.groups.isEmpty { return [start + ["-", "-", "-", "-", "-", "-"]] }
      func age(_ time: Timestamp?) -> String { time.map { Spoken.span(max(0, now.seconds(since: $0))) } ?? "-" }
      return stream.groups.map { group in
        start + [
          group.name, String(group.consumers), String(group.lag), age(group.oldestUnread), String(group.pending),
          age(group.oldestPending),
        ]
      }
    }

    static func json(_ status: BusStatus, _ paused: [PauseStore.Pause], _ work: StreamTraffic? = nil) -> JSON {
      func age(_ time: Timestamp?) -> JSON { JSON(finite: time.map { status.now.seconds(since: $0) }) }
      let streams = status.streams.map { stream -> JSON in
        let groups = stream.groups.map { group -> JSON in
          .object([
            "name": .string(group.name), "consumers": JSON(group.consumers), "pending": JSON(group.pending),
            "lag": JSON(group.lag), "oldest_unread_seconds": age(group.oldestUnread),
            "oldest_pending_seconds": age(group.oldestPending), "oldest_seconds": age(group.oldestUnfinished),
          ])
        }
        let pause = paused.first { $0.stream == stream.stream.rawValue }
        var members: JSONObject = [
          "stream": .string(stream.stream.rawValue), "length": JSON(stream.length), "parked": JSON(stream.parked),
          "paused_since": JSON(pause?.since.iso8601(.z)), "groups": .array(groups),
        ]
        if let work { members["entries"] = work.json(stream.stream) }
        return .object(members)
      }
      return .object([
        "streams": .array(streams), "delayed": JSON(status.delayed), "overdue": JSON(status.overdue),
        "backlog": JSON(status.backlog), "next_due": JSON(status.nextDue.map { $0.iso8601(.z) }),
      ])
    }
  }
}
