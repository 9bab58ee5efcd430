import Redis

/// A member of a Redis consumer group. It reads on a connection of its own, since a blocking read serves nobody else.
actor RedisConsumer<Message: BusMessage>: BusConsumer {
  private let connection: RedisConnection
  private let reader: RedisConnection
  private let keys: BusKeys
  private let name: String
  private let settings: ConsumerSettings
  private let key: String
  private let group = Message.stream.group.rawValue
  /// The last parked entry that was looked at.
  private var lastParked = "-"

  init(
    connection: RedisConnection, reader: RedisConnection, keys: BusKeys, name: String, settings: ConsumerSettings
  ) {
    self.connection = connection
    self.reader = reader
    self.keys = keys
    self.name = name
    self.settings = settings
    key = keys.stream(Message.stream)
  }

  /// The group begins with the oldest entry: what is handled a second time has no effect, what is skipped is lost.
  func makeGroup() async throws(BusError) {
    let command = RedisCommand("XGROUP", "CREATE", key, group, "0", "MKSTREAM")
    do {
      let answer = try await connection.pipeline([command])[0]
      if case .error(let text) = answer, text.hasPrefix("BUSYGROUP") { return }
      _ = try answer.checked()
    } catch { throw BusError(error) }
  }

  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message> {
    var arguments = ["XREADGROUP", "GROUP", group, name, "COUNT", String(count)]
    let milliseconds = min(1_000, Int(wait / .milliseconds(1)))
    // BLOCK 0 would wait for ever.
    if milliseconds > 0 { arguments += ["BLOCK", String(milliseconds)] }
    let answer: RedisValue
    do {
      answer = try await reader.pipeline(
        [RedisCommand(arguments + ["STREAMS", key, ">"])], blockSeconds: Double(milliseconds) / 1_000)[0]
    } catch { throw BusError(error) }
    if case .error(let text) = answer, text.hasPrefix("NOGROUP") || text.hasPrefix("UNBLOCKED") {
      try await makeGroup()
      return Batch()
    }
    do {
      let entries = BusEntry.entries(try answer.checked().array?.first?.array?.last ?? .null)
      var batch = Batch<Message>(reading: entries)
      batch.isFull = entries.count >= count
      return batch
    } catch { throw BusError(error) }
  }

  func acknowledge(_ ids: [EntryID]) async throws(BusError) -> [EntryID] { try await ours(.acknowledge, ids) }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] { try await ours(.setIdle, ids, argument: "0") }

  func release(_ ids: [EntryID]) async throws(BusError) {
    _ = try await ours(.release, ids, argument: settings.lease.milliseconds)
  }

  func retry(_ ids: [EntryID], after pause: Duration) async throws(BusError) {
    _ = try await ours(.setIdle, ids, argument: max(.zero, settings.lease - pause).milliseconds)
  }

  func reclaim(count: Int) async throws(BusError) -> Batch<Message> {
    let answer = try await scriptOrJoin(
      .reclaim, [key, keys.sweeper(Message.stream), keys.cursor(Message.stream)],
      [name, settings.lease.milliseconds, String(count), settings.sweepPause.milliseconds])
    guard let parts = answer?.array, parts.count == 4 else { return Batch() }
    let counts = (parts[1].array ?? []).map { Int($0.integer ?? 1) }
    var batch = Batch<Message>(reading: BusEntry.entries(parts[0]), deliveries: counts)
    batch.lost = Int(parts[2].integer ?? 0)
    batch.isFull = parts[3].text != "0-0"
    return batch
  }

  func discard(_ rejected: [RejectedEntry]) async throws(BusError) {
    _ = try await ours(.drop, rejected.filter(\.isCorrupt).map(\.entry.id))
    _ = try await ours(
      .park, rejected.filter { !$0.isCorrupt }.map(\.entry.id), otherKeys: [keys.parked(Message.stream)])
  }

  func unpark(limit: Int) async throws(BusError) -> Int {
    let parked = keys.parked(Message.stream)
    let command = RedisCommand(
      "XRANGE", parked, lastParked == "-" ? "-" : "(\(lastParked)", "+", "COUNT", String(limit))
    do {
      let entries = BusEntry.entries(try await connection.send(command))
      lastParked = entries.count < limit ? "-" : entries.last?.id.description ?? "-"
      let readable = Batch<Message>(reading: entries).deliveries.map(\.id.description)
      guard !readable.isEmpty else { return 0 }
      let moved = try await RedisScript.unpark.run(on: connection, keys: [key, parked], arguments: readable)
      return Int(moved.integer ?? 0)
    } catch { throw BusError(error) }
  }

  func leave() async throws(BusError) {
    _ = try await scriptOrJoin(.leave, [key], [name])
    await reader.close()
  }

  /// Does a deed to those entries that are ours; answers them.
  private func ours(
    _ script: RedisScript, _ ids: [EntryID], argument: String = "", otherKeys: [String] = []
  ) async throws(BusError) -> [EntryID] {
    guard !ids.isEmpty else { return [] }
    let answer = try await scriptOrJoin(script, [key] + otherKeys, [name, argument] + ids.map(\.description))
    return (answer?.array ?? []).compactMap { $0.text.flatMap(EntryID.init) }
  }

  /// Runs a script whose first argument is the group. nil when the group was gone; it is there again then.
  private func scriptOrJoin(
    _ script: RedisScript, _ keys: [String], _ arguments: [String]
  ) async throws(BusError) -> RedisValue? {
    do {
      return try await script.run(on: connection, keys: keys, arguments: [group] + arguments)
    } catch {
      guard case .refused(let text) = error, text.contains("NOGROUP") || text.contains("No such key") else {
        throw BusError(error)
      }
      try await makeGroup()
      return nil
    }
  }
}
