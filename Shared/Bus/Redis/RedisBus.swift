import Competition
import Redis

/// The bus on Redis streams.
public struct RedisBus: Bus {
  let keys: BusKeys
  let configuration: RedisConfiguration
  let clientName: String
  let connection: RedisConnection

  /// - Parameters:
  ///   - keyPrefix: `REDIS_KEY_PREFIX`, in front of every key.
  ///   - clientName: shows in `CLIENT LIST`.
  public init(_ configuration: RedisConfiguration, keyPrefix: String = "", clientName: String) {
    self.configuration = configuration
    self.clientName = clientName
    keys = BusKeys(prefix: keyPrefix)
    connection = RedisConnection(configuration, name: clientName)
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    let key = keys.stream(Message.stream)
    try await run(messages.map { RedisCommand(["XADD", key, "*"] + $0.entry.flatMap { [$0.name, $0.value] }) })
  }

  public func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    guard !tasks.isEmpty else { return }
    var command = RedisCommand("ZADD", keys.delayed, "NX")
    for delayed in tasks {
      command.append(String(delayed.at.millisecondsRoundedUp))
      command.append(Self.member(of: delayed.task))
    }
    try await run([command])
  }

  /// The text of a task in the delayed set: the same for the same task, so that it waits once.
  static func member(of task: ScoreTask) -> String {
    JSON.array(task.entry.flatMap { [.string($0.name), .string($0.value)] }).text
  }

  public func promote(now: Timestamp, limit: Int) async throws(BusError) -> Promotion {
    let milliseconds = now.microseconds / 1_000
    let answer = try await script(
      .promote, [keys.delayed, keys.stream(.predictionsPending)], [String(milliseconds), String(limit)])
    guard let values = answer.array, values.count == 2, let moved = values[0].integer else {
      throw .failure(.unexpectedAnswer("promote"))
    }
    return Promotion(moved: Int(moved), nextDue: values[1].text.flatMap { Double($0) }.map(Timestamp.init(score:)))
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    let consumer = RedisConsumer<Message>(
      connection: connection, reader: RedisConnection(configuration, name: clientName + "-read"),
      key: keys.stream(Message.stream), group: Message.stream.group.rawValue, name: name, settings: settings)
    try await consumer.makeGroup()
    return consumer
  }

  public func checkForLoss() async throws(BusError) -> Bool {
    let answer = try await run([RedisCommand("SET", keys.marker, "here", "NX")])
    return answer[0].text == "OK"
  }

  public func trim() async throws(BusError) -> Int {
    var removed = 0
    for stream in BusStream.allCases {
      let key = keys.stream(stream)
      let length = try await run([RedisCommand("XLEN", key)])[0].integer ?? 0
      // Short streams stay whole, so that people can look back a little.
      guard length > Self.lengthKept, let needed = try await lowestNeeded(key) else { continue }
      removed += Int(try await run([RedisCommand("XTRIM", key, "MINID", needed)])[0].integer ?? 0)
    }
    return removed
  }

  static let lengthKept = 10_000

  /// The lowest id that some group has not finished; nil without groups, when nothing may go.
  private func lowestNeeded(_ key: String) async throws(BusError) -> String? {
    let groups = try await groups(key)
    var lowest: EntryID?
    for group in groups {
      let needed = try await firstUnfinished(key, group)
      lowest = lowest.map { min($0, needed) } ?? needed
    }
    return lowest?.description
  }

  /// The first id that a group may still need: its oldest pending entry, else what follows the last one handed out.
  func firstUnfinished(_ key: String, _ group: GroupInfo) async throws(BusError) -> EntryID {
    let after = EntryID(milliseconds: group.lastDelivered.milliseconds, sequence: group.lastDelivered.sequence + 1)
    guard group.pending > 0 else { return after }
    let summary = try await run([RedisCommand("XPENDING", key, group.name)])[0]
    guard let oldest = summary.array?[1].text.flatMap(EntryID.init) else { return after }
    return min(oldest, after)
  }

  struct GroupInfo {
    var name: String
    var consumers: Int
    var pending: Int
    var lastDelivered: EntryID
  }

  func groups(_ key: String) async throws(BusError) -> [GroupInfo] {
    let answer: RedisValue
    do {
      answer = try await connection.pipeline([RedisCommand("XINFO", "GROUPS", key)])[0]
    } catch { throw BusError(error) }
    guard let groups = answer.array else { return [] }  // the stream is not there yet
    return groups.compactMap { group in
      let pairs = group.array ?? []
      var values: [String: RedisValue] = [:]
      for index in stride(from: 0, to: pairs.count - 1, by: 2) { values[pairs[index].text ?? ""] = pairs[index + 1] }
      guard let name = values["name"]?.text, let last = values["last-delivered-id"]?.text.flatMap(EntryID.init)
      else { return nil }
      return GroupInfo(
        name: name, consumers: Int(values["consumers"]?.integer ?? 0), pending: Int(values["pending"]?.integer ?? 0),
        lastDelivered: last)
    }
  }

  // MARK: Calls

  @discardableResult
  func run(_ commands: [RedisCommand]) async throws(BusError) -> [RedisValue] {
    do {
      var answers: [RedisValue] = []
      for answer in try await connection.pipeline(commands) { answers.append(try answer.checked()) }
      return answers
    } catch { throw BusError(error) }
  }

  private func script(_ script: RedisScript, _ keys: [String], _ arguments: [String]) async throws(BusError)
    -> RedisValue
  {
    do { return try await script.run(on: connection, keys: keys, arguments: arguments) } catch { throw BusError(error) }
  }
}

extension Timestamp {
  /// Rounded up, so that nothing is due early.
  var millisecondsRoundedUp: Int64 { (microseconds + 999) / 1_000 }
  init(score: Double) { self.init(milliseconds: Int64(score)) }
}
