import ChildProcesses
import Competition
import Foundation
import Synchronization
import TestKit

/// `coordinator` with a database and keys in Redis of a test's own.
struct Command: Sendable {
  let database: TestDatabase
  let prefix: String

  struct Outcome: Sendable {
    var exitCode: Int32?
    var lines: [String]
    var text: String { lines.joined(separator: "\n") }
    /// The lines as JSON, one value each.
    var json: [JSON] { get throws { try lines.map { try JSON(parsing: $0) } } }
  }

  static func with(
    _ content: TestDatabase.Content = .schema, _ body: @Sendable (Command) async throws -> Void
  ) async throws {
    try await TestDatabase.with(content) { database in
      let command = Command(database: database, prefix: TestRedis.prefix())
      try await body(command)
      try await TestRedis.removeAll(command.prefix)
    }
  }

  func run(_ arguments: String..., variables: [String: String?] = [:]) async throws -> Outcome {
    try await run(arguments, variables: variables)
  }

  func run(_ arguments: [String], variables: [String: String?] = [:]) async throws -> Outcome {
    var environment: [String: String?] = [
      "DATABASE_URL": database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
      "REDIS_KEY_PREFIX": prefix,
    ]
    for (name, value) in variables { environment[name] = value }
    return try await Self.run("coordinator", arguments, environment)
  }

  /// A worker that is expected to end by itself.
  func runWorker(_ product: String, variables: [String: String?]) async throws -> Outcome {
    let environment: [String: String?] = [
      "DATABASE_URL": database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
    ]
    return try await Self.run(product, [], environment.merging(variables) { _, variable in variable })
  }

  private static func run(
    _ product: String, _ arguments: [String], _ environment: [String: String?]
  ) async throws -> Outcome {
    let heard = Heard()
    let ending = try await ChildProcess(
      executable: try Executables.products + "/" + product, arguments: arguments, environment: environment
    ).run(onLine: { heard.append($0) })
    return Outcome(exitCode: ending.exitCode, lines: heard.lines)
  }

  /// Runs `body` with a file that holds a text.
  func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "/" + UUID().uuidString
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try await body(path)
    try FileManager.default.removeItem(atPath: path)
  }
}

private final class Heard: Sendable {
  private let state = Mutex<[String]>([])
  var lines: [String] { state.withLock { $0 } }
  func append(_ line: String) { state.withLock { $0.append(line) } }
}
