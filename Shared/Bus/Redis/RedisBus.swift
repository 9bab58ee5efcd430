import Competition
import Redis

/// The bus on Redis streams.
public struct RedisBus: Bus {
  let keys: BusKeys
  let configuration: RedisConfiguration
  let clientName: String
  let connection: RedisConnection
  let limits: BusLimits

  /// - Parameters:
  ///   - keyPrefix: `REDIS_KEY_PREFIX`, in front of every key.
  ///   - clientName: shows in `CLIENT LIST`.
  public init(
    _ configuration: RedisConfiguration, keyPrefix: String = "", clientName: String, limits: BusLimits = BusLimits()
  ) {
    self.configuration = configuration
    self.clientName = clientName
    self.limits = limits
    keys = BusKeys(prefix: keyPrefix)
    connection = RedisConnection(configuration, name: clientName)
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    guard !messages.isEmpty else { return }
    let key = keys.stream(Message.stream)
    let length = Int(try await run([RedisCommand("XLEN", key)])[0].integer ?? 0)
    guard length < limits.streamLength else { throw .backlog(Message.stream, length: length) }
    try await run(
      messages.map { message in
        var command = RedisCommand("XADD", key, "*")
        for (name, value) in message.entry {
          command.append(name)
          command.append(value)
        }
        return command
      })
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    let consumer = RedisConsumer<Message>(
      connection: connection, reader: RedisConnection(configuration, name: clientName + "-read"), keys: keys,
      name: name, settings: settings)
    try await consumer.makeGroup()
    return consumer
  }

  public func checkForLoss() async throws(BusError) -> Bool {
    let answer = try await run([RedisCommand("SET", keys.marker, "here", "NX")])
    return answer[0].text == "OK"
  }

  public func trim(_ stream: BusStream, keeping: Int) async throws(BusError) -> Int {
    let answer = try await script(
      .trim, [keys.stream(stream)], [stream.group.rawValue, String(keeping), String(Self.liveMilliseconds)])
    return Int(answer.integer ?? 0)
  }

  /// A group that is not the node's own is heeded as long as one of its members asked for something within this time.
  static let liveMilliseconds = 3_600_000

  // MARK: The delayed set

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

  public func promote(limit: Int) async throws(BusError) -> Promotion {
    let answer = try await script(
      .promote, [keys.delayed, keys.stream(.predictionsPending)], [String(limit), String(limits.streamLength)])
    guard let values = answer.array, values.count == 2, let moved = values[0].integer else {
      throw .failure(.unexpectedAnswer("promote"))
    }
    return Promotion(moved: Int(moved), nextDueIn: values[1].text.flatMap { Double($0) }.map { .milliseconds($0) })
  }

  // MARK: Workers

  public func register(_ worker: WorkerNote, expiry: Duration) async throws(BusError) {
    _ = try await script(
      .register, [keys.workers, keys.notes], [worker.name, expiry.milliseconds, worker.text])
  }

  public func unregister(_ name: String) async throws(BusError) {
    try await run([RedisCommand("ZREM", keys.workers, name), RedisCommand("HDEL", keys.notes, name)])
  }

  public func workers() async throws(BusError) -> [WorkerNote] {
    let answer = try await script(.workers, [keys.workers, keys.notes], [])
    return (answer.array ?? []).compactMap { $0.text.flatMap(WorkerNote.init(text:)) }
      .sorted { ($0.service, $0.name) < ($1.service, $1.name) }
  }

  public func removeDeadConsumers() async throws(BusError) -> Int {
    let answer = try await script(
      .bury, [keys.workers] + BusStream.allCases.map(keys.stream), [String(Self.strangersIdleMilliseconds)])
    return Int(answer.integer ?? 0)
  }

  /// A consumer that no worker registered, such as a person's, counts as dead when it has been idle for this long.
  static let strangersIdleMilliseconds = 60_000

  // MARK: Calls

  @discardableResult
  func run(_ commands: [RedisCommand]) async throws(BusError) -> [RedisValue] {
    do {
      var answers: [RedisValue] = []
      for answer in try await connection.pipeline(commands) { answers.append(try answer.checked()) }
      return answers
    } catch { throw BusError(error) }
  }

  func script(_ script: RedisScript, _ keys: [String], _ arguments: [String]) async throws(BusError) -> RedisValue {
    do { return try await script.run(on: connection, keys: keys, arguments: arguments) } catch { throw BusError(error) }
  }
}

extension Timestamp {
  /// Rounded up, so that nothing is due early.
  var millisecondsRoundedUp: Int64 { (microseconds + 999) / 1_000 }
  init(score: Double) { self.init(milliseconds: Int64(score)) }
}

extension Duration {
  /// Whole milliseconds, as Redis takes them.
  var milliseconds: String { String(Int(self / .milliseconds(1))) }
}
