import Redis

/// A member of a Redis consumer group. It reads on a connection of its own, since a blocking read serves nobody else.
actor RedisConsumer<Message: BusMessage>: BusConsumer {
  private let connection: RedisConnection
  private let reader: RedisConnection
  private let key: String
  private let group: String
  private let name: String
  private let settings: ConsumerSettings
  /// Where the next look for run-out leases goes on.
  private var cursor = "0-0"

  init(
    connection: RedisConnection, reader: RedisConnection, key: String, group: String, name: String,
    settings: ConsumerSettings
  ) {
    self.connection = connection
    self.reader = reader
    self.key = key
    self.group = group
    self.name = name
    self.settings = settings
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
      if case .error(let text) = answer, text.hasPrefix("NOGROUP") || text.hasPrefix("UNBLOCKED") {
        try await makeGroup()
        return Batch()
      }
      _ = try answer.checked()
    } catch let error as RedisError {
      throw BusError(error)
    } catch let error as BusError {
      throw error
    } catch {
      throw .failure(.unexpectedAnswer("\(error)"))
    }
    return try await batch(BusEntry.entries(answer.array?.first?.array?.last ?? .null))
  }

  func acknowledge(_ ids: [EntryID]) async throws(BusError) {
    guard !ids.isEmpty else { return }
    try await run([RedisCommand(["XACK", key, group] + ids.map(\.description))])
  }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] { try await claim(ids, idle: .zero) }

  func release(_ ids: [EntryID]) async throws(BusError) { _ = try await claim(ids, idle: settings.lease) }

  func reclaim(count: Int) async throws(BusError) -> Batch<Message> {
    let lease = String(Int(settings.lease / .milliseconds(1)))
    let answer = try await runOrJoin(
      RedisCommand("XAUTOCLAIM", key, group, name, lease, cursor, "COUNT", String(count)))
    guard let parts = answer?.array, parts.count >= 2 else { return Batch() }
    cursor = parts[0].text ?? "0-0"
    // Entries that were trimmed away meanwhile are taken off the pending list by Redis itself.
    return try await batch(BusEntry.entries(parts[1]))
  }

  func leave() async throws(BusError) {
    do { _ = try await RedisScript.leave.run(on: connection, keys: [key], arguments: [group, name]) } catch {
      if error.code != "NOGROUP" { throw BusError(error) }
    }
    await reader.close()
  }

  private func claim(_ ids: [EntryID], idle: Duration) async throws(BusError) -> [EntryID] {
    guard !ids.isEmpty else { return [] }
    let arguments = [group, name, String(Int(idle / .milliseconds(1)))] + ids.map(\.description)
    do {
      let answer = try await RedisScript.claim.run(on: connection, keys: [key], arguments: arguments)
      return (answer.array ?? []).compactMap { $0.text.flatMap(EntryID.init) }
    } catch {
      if error.code == "NOGROUP" { return [] }
      throw BusError(error)
    }
  }

  /// Damaged entries are taken out of the stream: what they were about PostgreSQL knows, and the sweep publishes it again.
  private func batch(_ entries: [BusEntry]) async throws(BusError) -> Batch<Message> {
    let batch = Batch<Message>(reading: entries)
    let dropped = batch.droppedIDs.map(\.description)
    if !dropped.isEmpty {
      try await run([RedisCommand(["XACK", key, group] + dropped), RedisCommand(["XDEL", key] + dropped)])
    }
    return batch
  }

  /// nil when the group was gone; it is there again then.
  private func runOrJoin(_ command: RedisCommand) async throws(BusError) -> RedisValue? {
    let answer: RedisValue
    do { answer = try await connection.pipeline([command])[0] } catch { throw BusError(error) }
    if case .error(let text) = answer, text.hasPrefix("NOGROUP") {
      try await makeGroup()
      return nil
    }
    do { return try answer.checked() } catch { throw BusError(error) }
  }

  @discardableResult
  private func run(_ commands: [RedisCommand]) async throws(BusError) -> [RedisValue] {
    do {
      var answers: [RedisValue] = []
      for answer in try await connection.pipeline(commands) { answers.append(try answer.checked()) }
      return answers
    } catch { throw BusError(error) }
  }
}
