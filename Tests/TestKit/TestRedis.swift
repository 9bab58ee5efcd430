import Bus
import ChildProcesses
import Foundation
import Redis

/// Redis for tests: the server of `TEST_REDIS_URL`, where each test has keys of its own.
public enum TestRedis {
  /// - Throws: `TestServerMissing` when no server is named.
  public static var configuration: RedisConfiguration {
    get throws {
      guard let url = ProcessInfo.processInfo.environment["TEST_REDIS_URL"], let parsed = RedisConfiguration(url: url)
      else { throw TestServerMissing(variable: "TEST_REDIS_URL") }
      return parsed
    }
  }

  /// A prefix that no other test has.
  public static func prefix() -> String { "{test-\(UUID().uuidString.prefix(8))}:" }

  /// Removes the keys behind a prefix.
  public static func removeAll(_ prefix: String) async throws {
    try await removeAll(prefix, on: try configuration)
  }

  /// Removes the keys behind a prefix that has a hash tag, on any node of a cluster.
  public static func removeAll(_ prefix: String, on configuration: RedisConfiguration) async throws {
    let connection = RedisConnection(configuration, name: "test-cleanup")
    // Leads to the node of a cluster that has them.
    try await connection.send(RedisCommand("EXISTS", prefix))
    let keys = try await connection.send(RedisCommand("KEYS", prefix + "*")).array?.compactMap(\.text) ?? []
    if !keys.isEmpty { try await connection.send(RedisCommand(["DEL"] + keys)) }
  }
}

public struct TestServerMissing: Error, CustomStringConvertible {
  public var variable: String
  public var description: String { "\(variable) is not set; run the tests with `make test`" }
}

/// A Redis server of a test's own, which it may flush, stop and start again.
public actor PrivateRedis {
  public nonisolated let port: Int
  public nonisolated var url: String { "redis://127.0.0.1:\(port)/0" }
  public nonisolated var configuration: RedisConfiguration {
    RedisConfiguration(address: .host("127.0.0.1", port: port))
  }
  public nonisolated let folder: String
  private let isDurable: Bool
  private var running: RunningProcess?

  /// Starts a server, lends it to `body`, and stops it, also when `body` throws.
  /// - Parameter isDurable: whether it keeps its data over a restart, as of the last second.
  public static func with<Result: Sendable>(
    isDurable: Bool = false, _ body: @Sendable (PrivateRedis) async throws -> Result
  ) async throws -> Result {
    let redis = try PrivateRedis(isDurable: isDurable)
    try await redis.start()
    do {
      let result = try await body(redis)
      try await redis.end()
      return result
    } catch {
      try await redis.end()
      throw error
    }
  }

  private init(isDurable: Bool) throws {
    self.isDurable = isDurable
    port = try LoopbackPort.free()
    folder = NSTemporaryDirectory() + "/redis-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Starts the server, empty unless it is durable, and waits until it answers.
  public func start() async throws {
    var child = ChildProcess(
      executable: try Executables.find("redis-server"),
      arguments: [
        "--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", "", "--daemonize", "no",
        "--enable-debug-command", "yes", "--appendonly", isDurable ? "yes" : "no", "--appendfsync", "everysec",
      ])
    child.grace = .seconds(5)
    running = RunningProcess(child)
    let connection = RedisConnection(configuration, name: "test")
    try await waitUntil("Redis answers") {
      do { return try await connection.send(RedisCommand("PING")).text == "PONG" } catch { return false }
    }
  }

  /// Stops the server; its data is gone unless it is durable.
  public func stop() async {
    await running?.stop()
    running = nil
  }

  /// Ends the server without a word.
  public func kill() async throws {
    running?.signal(SIGKILL)
    _ = try await running?.ending
    running = nil
  }

  private func end() async throws {
    await stop()
    try FileManager.default.removeItem(atPath: folder)
  }
}

/// Programs that tests start.
public enum Executables {
  /// A program of the system.
  public static func find(_ name: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders: [String] = path.split(separator: ":").map { String($0) } + ["/usr/sbin"]
    guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
      throw NeverHappened(what: "\(name) is installed")
    }
    return "\(folder)/\(name)"
  }

  /// The folder with the project's own executables: that of the test program.
  public static var products: String {
    get throws {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      // The tests run within a helper of the toolchain or within the bundle itself; the arguments name the bundle.
      let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
      return URL(filePath: bundle).deletingLastPathComponent().path
    }
  }
}

/// Ports of the loopback interface.
public enum LoopbackPort {
  /// A port that nobody listens on now.
  public static func free() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw NeverHappened(what: "a socket") }
    defer { close(descriptor) }
    var address = Self.address(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw NeverHappened(what: "a free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    return address
  }
}
