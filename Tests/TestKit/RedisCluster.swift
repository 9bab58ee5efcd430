import ChildProcesses
import Foundation
import Redis

/// A Redis Cluster of a test's own: three masters, which share the slots, and replicas of them where the test wants some.
public actor RedisCluster {
  /// Any of the nodes; it is told of the others too.
  public nonisolated var configuration: RedisConfiguration {
    var configuration = configuration(of: ports[0])
    configuration.otherAddresses = ports.dropFirst().map { .host("127.0.0.1", port: $0) }
    return configuration
  }
  public nonisolated var url: String {
    "redis://" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") + "/0"
  }
  public nonisolated let ports: [Int]
  private let folder: String
  private var nodes: [Int: RunningProcess] = [:]

  /// Starts a cluster, lends it to `body`, and stops it, also when `body` throws.
  /// - Parameter replicas: of each master. One takes its master's place a second after that has gone.
  public static func with<Result: Sendable>(
    replicas: Int = 0, _ body: @Sendable (RedisCluster) async throws -> Result
  ) async throws -> Result {
    let cluster = try await started(replicas: replicas)
    do {
      let result = try await body(cluster)
      try await cluster.end()
      return result
    } catch {
      try await cluster.end()
      throw error
    }
  }

  static func started(replicas: Int = 0) async throws -> RedisCluster {
    let cluster = try RedisCluster(nodes: 3 * (1 + replicas))
    do {
      try await cluster.start()
      try await cluster.join(replicas: replicas)
      return cluster
    } catch {
      try await cluster.end()
      throw error
    }
  }

  private init(nodes: Int) throws {
    ports = try (0..<nodes).map { _ in try LoopbackPort.free() }
    folder = NSTemporaryDirectory() + "/cluster-\(UUID().uuidString)"
  }

  private func start() async throws {
    for port in ports {
      let own = "\(folder)/\(port)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      var child = ChildProcess(
        executable: try Executables.find("redis-server"),
        arguments: [
          "--bind", "127.0.0.1", "--port", String(port), "--cluster-port", String(try LoopbackPort.free()),
          "--dir", own, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--save", "", "--daemonize", "no",
          "--repl-diskless-sync-delay", "0",
        ])
      child.grace = .seconds(5)
      nodes[port] = RunningProcess(child)
    }
    for port in ports {
      try await waitUntil("node \(port) answers") {
        try await answers(port, RedisCommand("PING")) { $0.text == "PONG" }
      }
    }
  }

  private func join(replicas: Int) async throws {
    let made = RunningProcess(
      ChildProcess(
        executable: try Executables.find("redis-cli"),
        arguments: ["--cluster", "create"] + ports.map { "127.0.0.1:\($0)" }
          + ["--cluster-replicas", String(replicas), "--cluster-yes"]))
    guard try await made.ending.exitCode == 0 else { throw NeverHappened(what: "a cluster: \(made.lines)") }
    for port in ports {
      try await waitUntil("node \(port) finds the cluster whole") {
        try await answers(port, RedisCommand("CLUSTER", "INFO")) { $0.text?.contains("cluster_state:ok") == true }
      }
    }
  }

  /// The port of the master that has a key now, as a node that lives says.
  public func master(of key: String) async throws -> Int {
    guard let port = nodes.keys.min() else { throw NeverHappened(what: "a node that lives") }
    let connection = RedisConnection(configuration(of: port), name: "test")
    let slot = try await connection.send(RedisCommand("CLUSTER", "KEYSLOT", key)).integer ?? -1
    for range in try await connection.send(RedisCommand("CLUSTER", "SLOTS")).array ?? [] {
      guard let parts = range.array, let first = parts[0].integer, let last = parts[1].integer,
        (first...last).contains(slot), let port = parts[2].array?[1].integer
      else { continue }
      return Int(port)
    }
    throw NeverHappened(what: "a node has slot \(slot)")
  }

  /// Ends a node without a word.
  public func kill(_ port: Int) async throws {
    let node = nodes.removeValue(forKey: port)
    node?.signal(SIGKILL)
    _ = try await node?.ending
  }

  /// Where one node is.
  public nonisolated func configuration(of port: Int) -> RedisConfiguration {
    RedisConfiguration(address: .host("127.0.0.1", port: port))
  }

  /// Whether replicas have all that their masters have.
  public func isReplicated() async throws -> Bool {
    for port in nodes.keys {
      let isBehind = try await answers(port, RedisCommand("INFO", "replication")) { answer in
        let text = answer.text ?? ""
        return text.contains("role:slave") && !text.contains("master_link_status:up")
      }
      if isBehind { return false }
    }
    return true
  }

  private nonisolated func answers(
    _ port: Int, _ command: RedisCommand, _ condition: @Sendable (RedisValue) -> Bool
  ) async throws -> Bool {
    do {
      return condition(try await RedisConnection(configuration(of: port), name: "test").send(command))
    } catch is RedisError { return false }
  }

  func end() async throws {
    for node in nodes.values { await node.stop() }
    nodes = [:]
    try FileManager.default.removeItem(atPath: folder)
  }
}

/// One cluster for all tests that want no more than its keys: it is started for the first and stopped after the last.
public actor SharedRedisCluster {
  private static let shared = SharedRedisCluster()
  private var users = 0
  private var cluster: Task<RedisCluster, any Error>?

  /// Lends the cluster to `body`, which has keys of its own in it.
  public static func with(_ body: @Sendable (RedisCluster) async throws -> Void) async throws {
    let cluster = try await shared.enter()
    do {
      try await body(cluster)
      try await shared.leave()
    } catch {
      try await shared.leave()
      throw error
    }
  }

  private func enter() async throws -> RedisCluster {
    users += 1
    let starting = cluster ?? Task { try await RedisCluster.started() }
    cluster = starting
    do {
      return try await starting.value
    } catch {
      users -= 1
      if users == 0 { cluster = nil }
      throw error
    }
  }

  private func leave() async throws {
    users -= 1
    guard users == 0, let ending = cluster else { return }
    cluster = nil
    try await ending.value.end()
  }
}
