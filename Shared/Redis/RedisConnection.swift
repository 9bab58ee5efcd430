import ThreadExecutor

/// A connection on a thread of its own. It connects when it is first used, and again after it broke. While Redis is away,
/// attempts to connect are spaced out, from 50 ms to 2 s, and calls in between fail at once.
///
/// In a Redis Cluster it follows the cluster to the node that has the keys of its commands, all of which are in one slot by
/// their hash tag. When that node is gone it asks the nodes of its configuration, in turn, which one has them now.
public actor RedisConnection {
  public nonisolated let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let configuration: RedisConfiguration
  private let name: String
  private var link: RedisLink?
  /// Which address of the configuration is tried next.
  private var turn = 0
  private var pause: Duration = .zero
  private var nextAttempt = ContinuousClock.now

  /// A cluster that sends on more often than this is being rebuilt, or the keys are in several slots.
  private static let mostRedirects = 5

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
    let timeout = blockSeconds > 0 ? configuration.commandTimeout + blockSeconds : nil
    let link = try connected()
    do {
      var answers = try link.run(commands, timeout: timeout)
      try follow(commands, &answers, from: link, timeout)
      // A primary that became a replica keeps its clients; the name of the primary may lead elsewhere by now.
      if answers.contains(where: \.isOfReplica) { abandon() }
      return answers
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

  /// Sends the commands that belong to another node there, and puts its answers into their places.
  private func follow(
    _ commands: [RedisCommand], _ answers: inout [RedisValue], from first: RedisLink, _ timeout: Double?
  ) throws(RedisError) {
    var asked = first
    for _ in 0..<Self.mostRedirects {
      let redirects = answers.map { RedisRedirect($0, from: asked.address) }
      guard let redirect = redirects.lazy.compactMap({ $0 }).first else { return }
      let places = redirects.indices.filter { redirects[$0] == redirect }
      let target = try opened(redirect.address)
      let again = places.map { commands[$0] }
      switch redirect.kind {
      case .moved:
        link = target
        asked = target
        for (place, answer) in zip(places, try target.run(again, timeout: timeout)) { answers[place] = answer }
      case .ask:
        let asking = again.flatMap { [RedisCommand("ASKING"), $0] }
        let pairs = try target.run(asking, timeout: timeout)
        for (index, place) in places.enumerated() { answers[place] = pairs[index * 2 + 1] }
      }
    }
  }

  private func connected() throws(RedisError) -> RedisLink {
    if let link, link.isAlive { return link }
    link = nil
    guard ContinuousClock.now >= nextAttempt else { throw .unavailable("it was away a moment ago") }
    let addresses = configuration.addresses
    let fresh = try opened(addresses[turn % addresses.count])
    link = fresh
    return fresh
  }

  private func opened(_ address: RedisConfiguration.Address) throws(RedisError) -> RedisLink {
    do {
      let fresh = try RedisLink(configuration, at: address, name: name)
      pause = .zero
      return fresh
    } catch {
      pause = min(max(pause * 2, .milliseconds(50)), .seconds(2))
      nextAttempt = .now + pause * Double.random(in: 0.5...1)
      turn += 1
      throw error
    }
  }

  private func abandon() {
    link = nil
    turn += 1
  }
}

extension RedisValue {
  /// What a replica answers to a command that writes.
  fileprivate var isOfReplica: Bool {
    if case .error(let text) = self { text.hasPrefix("READONLY") } else { false }
  }
}
