import ChildProcesses
import Competition
import Foundation
import HTTPFetch
import Postgres
import Store
import TestKit
import Testing

/// Tests of the node as an operator runs it. One at a time: each has a dozen processes of its own.
@Suite("End to end", .serialized, .timeLimit(.minutes(10)))
enum EndToEnd {}

/// `coordinator up --demo` with a database and a Redis of a test's own.
struct RunningNode: Sendable {
  let database: TestDatabase
  let redis: PrivateRedis
  let process: RunningProcess
  private let folder: String
  private let reportPort: Int
  private let environment: [String: String?]
  var reportURL: String { "http://127.0.0.1:\(reportPort)" }

  /// The folder of the package.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Starts a node, lends it to `body`, and stops it, also when `body` throws.
  static func with(
    arguments: [String] = [], variables: [String: String] = [:], _ body: @Sendable (RunningNode) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await PrivateRedis.with { redis in
        let node = try RunningNode(database, redis, arguments, variables)
        do {
          try await body(node)
        } catch {
          Issue.record("\(error); the node said:\n\(node.process.lines.suffix(40).joined(separator: "\n"))")
        }
        await node.process.stop()
        try FileManager.default.removeItem(atPath: node.folder)
      }
    }
  }

  private init(
    _ database: TestDatabase, _ redis: PrivateRedis, _ arguments: [String], _ variables: [String: String]
  ) throws {
    self.database = database
    self.redis = redis
    folder = NSTemporaryDirectory() + "/node-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    reportPort = try LoopbackPort.free()
    var environment: [String: String?] = [
      "DATABASE_URL": database.url, "REDIS_URL": redis.url, "REPORT_PORT": String(reportPort),
      "DATABASE_POOL_SIZE": "3",
    ]
    for (name, value) in variables { environment[name] = value }
    self.environment = environment
    var child = ChildProcess(
      executable: try Executables.products + "/coordinator",
      arguments: ["up", "--demo", "--plain", "--run-directory", folder] + arguments, environment: environment,
      workingDirectory: Self.root)
    child.grace = .seconds(60)
    process = RunningProcess(child)
  }

  /// The workers that run now, by name.
  func workers() throws -> [String: Int32] {
    guard let data = FileManager.default.contents(atPath: folder + "/up.json") else { return [:] }
    let workers = try JSON(parsing: [UInt8](data))["workers"]?.object ?? [:]
    return workers.reduce(into: [:]) { $0[$1.key] = $1.value.int.map { Int32(truncatingIfNeeded: $0) } }
  }

  func count(_ statement: SQL, _ parameters: [PostgresParameter] = []) async throws -> Int {
    Int(try await database.store.pool.query(statement, parameters)[0].int(0))
  }

  func scores() async throws -> Int { try await count("SELECT count(*) FROM scores") }

  /// Waits until the whole way is travelled: predictions of all models are scored.
  func waitUntilScoring() async throws {
    try await waitUntil("the first scores") { try await scores() > 20 }
  }

  /// What the report API answers.
  func report(_ path: String) async throws -> JSON {
    let response = try await HTTPClient().send(HTTPRequest(url: reportURL + path))
    return try JSON(parsing: response.body)
  }

  /// Another run of the command, with the variables of the demo's workers.
  func coordinator(
    _ arguments: String..., changes: [String: String] = [:]
  ) async throws -> (exitCode: Int32?, lines: [String]) {
    let demo: [String: String?] = [
      "CRUNCH_ID": "demo", "FEED_PROVIDER": "replay", "FEED_SOURCE": "replay", "FEED_SUBJECTS": "AAPL,IBM,MSFT",
      "FEED_KIND": "candle", "FEED_GRANULARITY": "1s", "FEED_POLL_SECONDS": "0.2", "SCORE_INTERVAL_SECONDS": "5",
      "CRUNCH_CONTRACT": Self.root + "/Tests/Examples/demo/contract.yaml",
      "SCHEDULED_PREDICTION_CONFIGS_PATH": Self.root + "/Tests/Examples/demo/configs.json",
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_TIMEOUT_SECONDS": "5",
    ]
    let process = RunningProcess(
      ChildProcess(
        executable: try Executables.products + "/coordinator", arguments: arguments,
        environment: demo.merging(environment) { $1 }.merging(changes.mapValues { $0 }) { $1 },
        workingDirectory: Self.root))
    let ending = try await process.ending
    return (ending.exitCode, process.lines)
  }

  /// Ctrl-C, and the end that follows.
  func interrupt() async throws -> ChildProcess.Ending {
    process.signal(SIGINT)
    return try await process.ending
  }
}
