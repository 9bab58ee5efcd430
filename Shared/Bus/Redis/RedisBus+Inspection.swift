import Competition
import Redis

extension RedisBus {
  /// Unfinished entries that `missing` looks through at most.
  static let scanLimit = 50_000
  private static let page = 1_000

  public func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask] {
    guard !tasks.isEmpty else { return [] }
    let scores = try await run(tasks.map { RedisCommand("ZSCORE", keys.delayed, Self.member(of: $0)) })
    let notWaiting = zip(tasks, scores).filter { $0.1 == .null }.map(\.0)
    guard !notWaiting.isEmpty else { return [] }
    guard let present = try await unfinishedTasks() else { return [] }
    return notWaiting.filter { !present.contains([$0.inputID, $0.scopeKey]) }
  }

  /// Input ids and scope keys of the entries from the first unfinished one on; nil when there are too many.
  private func unfinishedTasks() async throws(BusError) -> Set<[String]>? {
    let key = keys.stream(.predictionsPending)
    guard let group = try await groups(key).first else {
      return try await entries(key, from: "-").map { Set($0.compactMap(Self.names)) }
    }
    let first = try await firstUnfinished(key, group)
    return try await entries(key, from: first.description).map { Set($0.compactMap(Self.names)) }
  }

  private static func names(_ entry: BusEntry) -> [String]? {
    let values = Dictionary(entry.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let input = values["input_id"], let scope = values["scope_key"] else { return nil }
    return [input, scope]
  }

  /// All entries from an id on, page by page; nil when there are more than the scan's limit.
  private func entries(_ key: String, from start: String) async throws(BusError) -> [BusEntry]? {
    var found: [BusEntry] = []
    var next = start
    while true {
      let page = try await range(key, from: next, count: Self.page)
      found += page
      guard page.count == Self.page, let last = page.last else { return found }
      if found.count > Self.scanLimit { return nil }
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

  public func status() async throws(BusError) -> BusStatus {
    var streams: [BusStatus.Stream] = []
    for stream in BusStream.allCases {
      let key = keys.stream(stream)
      let length = Int(try await run([RedisCommand("XLEN", key)])[0].integer ?? 0)
      var groups: [BusStatus.Group] = []
      for group in try await self.groups(key) {
        let first = try await firstUnfinished(key, group)
        let oldest = try await range(key, from: first.description, count: 1).first
        groups.append(
          BusStatus.Group(
            name: group.name, pending: group.pending,
            lag: try await count(key, after: group.lastDelivered, length: length), consumers: group.consumers,
            oldestUnfinished: oldest.map { Timestamp(milliseconds: Int64($0.id.milliseconds)) }))
      }
      streams.append(BusStatus.Stream(stream: stream, length: length, groups: groups))
    }
    let answers = try await run([
      RedisCommand("ZCARD", keys.delayed), RedisCommand("ZRANGE", keys.delayed, "0", "0", "WITHSCORES"),
    ])
    let next = answers[1].array.flatMap { $0.count == 2 ? $0[1].text : nil }.flatMap { Double($0) }
    return BusStatus(
      streams: streams, delayed: Int(answers[0].integer ?? 0), nextDue: next.map(Timestamp.init(score:)))
  }

  /// Entries after an id. Nothing was handed out: the whole stream; else they are counted page by page.
  private func count(_ key: String, after id: EntryID, length: Int) async throws(BusError) -> Int {
    if id == EntryID(milliseconds: 0, sequence: 0) { return length }
    var counted = 0
    var next = id
    while counted < BusStatus.countLimit {
      let page = try await range(key, from: "(\(next)", count: 10_000)
      counted += page.count
      guard page.count == 10_000, let last = page.last else { break }
      next = last.id
    }
    return counted
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
