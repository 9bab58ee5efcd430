import ThreadExecutor

/// A connection on a thread of its own. It connects when it is first used, and again after it broke. While Redis is away,
/// attempts to connect are spaced out, from 50 ms to 2 s, and calls in between fail at once.
public actor RedisConnection {
  public nonisolated let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let configuration: RedisConfiguration
  private let name: String
  private var link: RedisLink?
  private var pause: Duration = .zero
  private var nextAttempt = ContinuousClock.now

  /// - Parameter name: shows in `CLIENT LIST`.
  public init(_ configuration: RedisConfiguration, name: String) {
    self.configuration = configuration
    self.name = String(name.map { $0 == " " ? "-" : $0 })
    executor = ThreadExecutor(name: "redis")
  }

  deinit { executor.stop() }

  /// Sends all commands in one go and answers all replies in their order; refusals stay in place as values.
  /// - Parameter blockSeconds: how long the commands may block on the server, on top of the command timeout.
  public func pipeline(
    _ commands: [RedisCommand], blockSeconds: Double = 0
  ) throws(RedisError) -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    let link = try connected()
    do {
      return try link.run(commands, timeout: blockSeconds > 0 ? configuration.commandTimeout + blockSeconds : nil)
    } catch {
      // Answers may still be on their way: this connection can't be used again.
      self.link = nil
      throw error
    }
  }

  /// Sends one command and answers its reply; a refusal is thrown.
  @discardableResult
  public func send(_ command: RedisCommand, blockSeconds: Double = 0) throws(RedisError) -> RedisValue {
    try pipeline([command], blockSeconds: blockSeconds)[0].checked()
  }

  public func close() { link = nil }

  private func connected() throws(RedisError) -> RedisLink {
    if let link, link.isAlive { return link }
    link = nil
    guard ContinuousClock.now >= nextAttempt else { throw .unavailable("it was away a moment ago") }
    do {
      let fresh = try RedisLink(configuration, name: name)
      pause = .zero
      link = fresh
      return fresh
    } catch {
      pause = min(max(pause * 2, .milliseconds(50)), .seconds(2))
      nextAttempt = .now + pause * Double.random(in: 0.5...1)
      throw error
    }
  }
}
