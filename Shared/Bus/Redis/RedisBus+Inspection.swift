import Competition
import Redis

extension RedisBus {
  static let page = 1_000

  public func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask]? {
    guard !tasks.isEmpty else { return [] }
    let scores = try await run(tasks.map { RedisCommand("ZSCORE", keys.delayed, Self.member(of: $0)) })
    let notWaiting = zip(tasks, scores).filter { $0.1 == .null }.map(\.0)
    guard !notWaiting.isEmpty else { return [] }
    guard let present = try await unfinishedTasks() else { return nil }
    return notWaiting.filter { !present.contains([$0.inputID, $0.scopeKey]) }
  }

  /// Input ids and scope keys of the entries that are unread or in work; nil when there are too many. What is in work is
  /// asked for first: an entry that is finished meanwhile counts once too often and is looked at again the next time.
  private func unfinishedTasks() async throws(BusError) -> Set<[String]>? {
    let key = keys.stream(.predictionsPending)
    let group = BusStream.predictionsPending.group.rawValue
    guard let last = try await lastDelivered(key, group: group) else {
      return try await entries(key, from: "-").map { Set($0.compactMap(Self.names)) }
    }
    let inWork = Set(try await pending(of: .predictionsPending, limit: limits.scan).map(\.id))
    guard inWork.count < limits.scan else { return nil }
    let first = inWork.min().map { $0.description } ?? "(\(last)"
    return try await entries(key, from: first).map { entries in
      Set(entries.filter { $0.id > last || inWork.contains($0.id) }.compactMap(Self.names))
    }
  }

  static func names(_ entry: BusEntry) -> [String]? {
    let values = Dictionary(entry.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let input = values["input_id"], let scope = values["scope_key"] else { return nil }
    return [input, scope]
  }

  /// The last entry that a group was handed; nil without the group.
  func lastDelivered(_ key: String, group: String) async throws(BusError) -> EntryID? {
    let answer: RedisValue
    do { answer = try await connection.pipeline([RedisCommand("XINFO", "GROUPS", key)])[0] } catch {
      throw BusError(error)
    }
    // An error: the stream is not there yet.
    let row = (answer.array ?? []).map(Self.pairs).first { $0["name"]?.text == group }
    return row?["last-delivered-id"]?.text.flatMap(EntryID.init)
  }

  /// All entries from an id on, page by page; nil when there are more than the scan's limit.
  private func entries(_ key: String, from start: String) async throws(BusError) -> [BusEntry]? {
    var found: [BusEntry] = []
    var next = start
    while true {
      let page = try await range(key, from: next, count: Self.page)
      found += page
      guard page.count == Self.page, let last = page.last else { return found }
      if found.count > limits.scan { return nil }
      next = "(\(last.id)"
    }
  }

  private func range(_ key: String, from: String, count: Int) async throws(BusError) -> [BusEntry] {
    BusEntry.entries(try await run([RedisCommand("XRANGE", key, from, "+", "COUNT", String(count))])[0])
  }

  public func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    let key = keys.stream(stream)
    if let after { return try await range(key, from: "(\(after)", count: limit) }
    return BusEntry.entries(try await run([RedisCommand("XREVRANGE", key, "+", "-", "COUNT", String(limit))])[0])
      .reversed()
  }

  public func pending(of stream: BusStream, limit: Int) async throws(BusError) -> [PendingEntry] {
    let command = RedisCommand(
      "XPENDING", keys.stream(stream), stream.group.rawValue, "-", "+", String(limit))
    let rows = try await rowsOrNone(command)
    return rows.compactMap(PendingEntry.init)
  }

  public func consumers(of stream: BusStream) async throws(BusError) -> [ConsumerInfo] {
    let rows = try await rowsOrNone(RedisCommand("XINFO", "CONSUMERS", keys.stream(stream), stream.group.rawValue))
    return rows.map(Self.pairs).compactMap { row in
      guard let name = row["name"]?.text else { return nil }
      return ConsumerInfo(
        name: name, pending: Int(row["pending"]?.integer ?? 0), idle: .milliseconds(row["idle"]?.integer ?? 0))
    }
  }

  /// The rows of an answer; none where stream or group are not there.
  func rowsOrNone(_ command: RedisCommand) async throws(BusError) -> [RedisValue] {
    do {
      let answer = try await connection.pipeline([command])[0]
      if case .error(let text) = answer, text.hasPrefix("NOGROUP") || text.contains("no such key") { return [] }
      return try answer.checked().array ?? []
    } catch { throw BusError(error) }
  }

  static func pairs(_ row: RedisValue) -> [String: RedisValue] {
    let items = row.array ?? []
    var values: [String: RedisValue] = [:]
    for index in stride(from: 0, to: items.count - 1, by: 2) { values[items[index].text ?? ""] = items[index + 1] }
    return values
  }

  public func status() async throws(BusError) -> BusStatus {
    var streams: [BusStatus.Stream] = []
    var now = Timestamp(microseconds: 0)
    for stream in BusStream.allCases {
      let (status, clock) = try await look(at: stream)
      streams.append(status)
      now = clock
    }
    let answers = try await run([
      RedisCommand("ZCARD", keys.delayed), RedisCommand("ZRANGE", keys.delayed, "0", "0", "WITHSCORES"),
      RedisCommand("ZCOUNT", keys.delayed, "-inf", String(now.microseconds / 1_000)),
    ])
    let next = answers[1].array.flatMap { $0.count == 2 ? $0[1].text : nil }.flatMap { Double($0) }
    return BusStatus(
      streams: streams, delayed: Int(answers[0].integer ?? 0), overdue: Int(answers[2].integer ?? 0),
      nextDue: next.map(Timestamp.init(score:)), now: now)
  }

  public func status(of stream: BusStream) async throws(BusError) -> BusStatus.Stream { try await look(at: stream).0 }

  private func look(at stream: BusStream) async throws(BusError) -> (BusStatus.Stream, now: Timestamp) {
    let answer = try await script(.status, [keys.stream(stream), keys.parked(stream)], [])
    guard let parts = answer.array, parts.count == 4, let rows = parts[2].array,
      let clock = parts[3].text.flatMap(Double.init)
    else { throw .failure(.unexpectedAnswer("status")) }
    let status = BusStatus.Stream(
      stream: stream, length: Int(parts[0].integer ?? 0), parked: Int(parts[1].integer ?? 0),
      groups: rows.compactMap { $0.array.flatMap(Self.group) })
    return (status, Timestamp(score: clock))
  }

  private static func group(_ row: [RedisValue]) -> BusStatus.Group? {
    guard row.count == 6, let name = row[0].text else { return nil }
    func added(_ value: RedisValue) -> Timestamp? {
      value.text.flatMap(EntryID.init).map { Timestamp(milliseconds: Int64($0.milliseconds)) }
    }
    return BusStatus.Group(
      name: name, pending: Int(row[1].integer ?? 0), lag: Int(row[2].integer ?? 0),
      consumers: Int(row[3].integer ?? 0), oldestUnread: added(row[4]), oldestPending: added(row[5]))
  }
}

extension PendingEntry {
  /// Reads a row of XPENDING.
  init?(_ row: RedisValue) {
    guard let parts = row.array, parts.count == 4, let id = parts[0].text.flatMap(EntryID.init),
      let consumer = parts[1].text, let idle = parts[2].integer, let deliveries = parts[3].integer
    else { return nil }
    self.init(id: id, consumer: consumer, idle: .milliseconds(idle), deliveries: Int(deliveries))
  }
}

extension BusEntry {
  /// Reads the answer of XRANGE and its kin; entries that were deleted meanwhile are left out.
  static func entries(_ answer: RedisValue) -> [BusEntry] {
    (answer.array ?? []).compactMap { item in
      guard let parts = item.array, parts.count == 2, let id = parts[0].text.flatMap(EntryID.init),
        let values = parts[1].array
      else { return nil }
      let fields = stride(from: 0, to: values.count - 1, by: 2).map {
        (name: values[$0].text ?? "", value: values[$0 + 1].text ?? "")
      }
      return BusEntry(id: id, fields: fields)
    }
  }
}
