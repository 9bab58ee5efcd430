import Bus
import Competition
import Diagnosis

/// A look with its rates, as a screen of 80 columns and as JSON. Pure.
struct TopFrame: Sendable {
  static let columns = 80
  /// Longest name of a worker that is shown whole.
  private static let longestName = 36

  var look: PipelineLook
  var rates: PipelineRates

  /// No line is longer than the screen is wide.
  var lines: [String] {
    var lines: [String] = []
    if let streams = look.streams {
      lines.append(headline(streams))
      lines += [
        "",
        Terminal.table(
          Self.streamHeader, streams.status.streams.flatMap { rows($0, streams.status.now) },
          right: [1, 2, 3, 4, 5, 6, 7]),
      ]
      lines += ["", workers(streams.workers, now: streams.status.now)]
    }
    for problem in look.problems { lines += ["", problem] }
    return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }.flatMap(Self.fit)
  }

  private func headline(_ streams: PipelineLook.Streams) -> String {
    let status = streams.status
    let due = status.nextDue.map { max(0, $0.seconds(since: status.now)) }
    var parts = ["delayed \(status.delayed)"]
    if status.overdue > 0 {
      parts.append("overdue \(status.overdue)")
    } else if let due {
      parts.append("next in \(Spoken.span(due))")
    }
    parts.append("backlog \(status.backlog)")
    parts.append("workers \(streams.workers.count)")
    if let letters = look.deadLetters { parts.append("dead letters \(letters)") }
    return "\(status.now)  " + parts.joined(separator: ", ")
  }

  // MARK: Streams

  private static let streamHeader = ["stream", "length", "lag", "oldest", "pending", "oldest", "in/s", "out/s"]

  private func rows(_ stream: BusStatus.Stream, _ now: Timestamp) -> [[String]] {
    let name = stream.stream.rawValue
    let flow = rates.flows[stream.stream]
    func rate(_ value: Double?) -> String { value.map(Spoken.rounded) ?? "-" }
    func age(_ time: Timestamp?) -> String { time.map { Spoken.span(max(0, now.seconds(since: $0))) } ?? "-" }
    func row(_ title: String, _ group: BusStatus.Group?, isOwn: Bool) -> [String] {
      [
        title, isOwn ? String(stream.length) : "", group.map { String($0.lag) } ?? "-", age(group?.oldestUnread),
        group.map { String($0.pending) } ?? "-", age(group?.oldestPending), isOwn ? rate(flow?.added) : "",
        isOwn ? rate(flow?.finished) : "",
      ]
    }
    let own = stream.groups.first { $0.name == stream.stream.group.rawValue }
    var rows = [row(name, own, isOwn: true)]
    for group in stream.groups where group.name != own?.name {
      rows.append(row("  \(group.name)", group, isOwn: false))
    }
    if stream.parked > 0 { rows.append(["  \(stream.parked) parked"] + [String](repeating: "", count: 7)) }
    if look.pauses?.contains(where: { $0.stream == name }) == true {
      rows.append(["  PAUSED"] + [String](repeating: "", count: 7))
    }
    return rows
  }

  // MARK: Workers

  private func workers(_ notes: [WorkerNote], now: Timestamp) -> String {
    guard !notes.isEmpty else { return "no worker says that it lives" }
    let rows = notes.map { note in
      [
        Self.short(note.name), note.state + (note.leads ? ", leads" : ""),
        Spoken.span(max(0, now.seconds(since: note.startedAt))), String(note.handled),
        rates.workers[note.name].map(Spoken.rounded) ?? "-",
      ]
    }
    return Terminal.table(["worker", "says", "up", "handled", "/s"], rows, right: [2, 3, 4])
  }

  /// The beginning of a name says what it is, the end which one.
  private static func short(_ name: String) -> String {
    guard name.count > longestName else { return name }
    return name.prefix(17) + "…" + name.suffix(longestName - 18)
  }

  /// Wraps what is longer than the screen is wide.
  private static func fit(_ line: Substring) -> [String] {
    guard line.count > columns else { return [String(line)] }
    var rest = line
    var lines: [String] = []
    while rest.count > columns {
      let part = rest.prefix(columns)
      let end = part.lastIndex(of: " ").flatMap { $0 > part.startIndex ? $0 : nil } ?? part.endIndex
      lines.append(String(rest[..<end]))
      rest = rest[end...].drop { $0 == " " }
    }
    return lines + [String(rest)]
  }

  // MARK: JSON

  var json: JSON {
    var object: JSONObject = [:]
    if let streams = look.streams {
      object = Streams.List.json(streams.status, []).object ?? [:]
      object["flows"] = .object(
        JSONObject(
          BusStream.allCases.map { stream in
            let flow = rates.flows[stream]
            return (
              stream.rawValue,
              .object(["in_per_second": JSON(finite: flow?.added), "out_per_second": JSON(finite: flow?.finished)])
            )
          }))
      object["workers"] = .array(streams.workers.map(worker))
    }
    object["paused"] = look.pauses.map { .array($0.map { .string($0.stream) }) } ?? .null
    object["dead_letters"] = look.deadLetters.map { JSON($0) } ?? .null
    object["problems"] = .array(look.problems.map(JSON.string))
    return .object(object)
  }

  private func worker(_ note: WorkerNote) -> JSON {
    .object([
      "name": .string(note.name), "service": .string(note.service), "state": .string(note.state),
      "leads": .bool(note.leads), "started_at": .string(note.startedAt.iso8601(.z)),
      "seen_at": .string(note.seenAt.iso8601(.z)), "handled": JSON(note.handled),
      "handled_per_second": JSON(finite: rates.workers[note.name]),
    ])
  }
}
