import ChildProcesses
import Competition
import Foundation
import HTTPFetch
import Synchronization
import TestKit
import Testing

@Suite("Starting and ending a worker", .timeLimit(.minutes(3)))
struct ExecutableTests {
  /// What a process said and how it ended.
  private struct Run {
    var code: Int32?
    var lines: [String]
    var text: String { lines.joined(separator: "\n") }
  }

  private func run(_ arguments: [String] = [], _ environment: [String: String?] = [:]) async throws -> Run {
    let lines = Mutex<[String]>([])
    let process = ChildProcess(
      executable: try Executables.products + "/score-worker", arguments: arguments, environment: environment)
    let ending = try await process.run(onLine: { line in lines.withLock { $0.append(line) } })
    return Run(code: ending.exitCode, lines: lines.withLock { $0 })
  }

  @Test("--version tells the version and --help every setting with its default")
  func arguments() async throws {
    let version = try await run(["--version"])
    #expect(version.code == 0 && version.lines.count == 1)
    #expect(version.text.hasPrefix("score-worker "))
    let help = try await run(["--help"])
    #expect(help.code == 0)
    for name in [
      "DATABASE_URL", "REDIS_URL", "SCORE_INTERVAL_SECONDS", "BUS_LEASE_SECONDS", "FEED_SUBJECTS", "LOG_LEVEL",
    ] {
      #expect(help.lines.filter { $0.hasPrefix("  \(name) ") }.count == 1, "\(name)")
    }
    #expect(help.lines.contains { $0.contains("SCORE_INTERVAL_SECONDS") && $0.hasSuffix("[60]") })
  }

  @Test("an argument that it does not know ends the start")
  func unknownArgument() async throws {
    let run = try await run(["--fast"])
    #expect(run.code == 64 && run.text.contains("--fast"))
  }

  @Test("wrong variables end the start with 78, all of them told, no secret among them")
  func wrongVariables() async throws {
    let wrong = [
      "DATABASE_URL": "mysql://me:hush@there/mine", "REDIS_URL": "rediss://me:hush@there", "LOG_LEVEL": "loud",
      "SCORE_INTERVAL_SECONDS": "0", "SCORE_CONCURRENCY": "many", "FEED_GRANULARITY": "1w",
      "SCORING_FUNCTION": "mine", "GROUND_TRUTH_MAX_WAIT_SECONDS": "-5",
    ]
    let run = try await run([], wrong.mapValues { $0 })
    #expect(run.code == 78)
    for (name, value) in wrong {
      #expect(run.lines.contains { $0.contains("\(name) is") && $0.contains("for example") }, "\(name)")
      if !name.hasSuffix("_URL") { #expect(run.text.contains("\"\(value)\""), "\(name)") }
    }
    #expect(!run.text.contains("hush"))
  }

  @Test("an empty database and an old schema end the start with 78 and the way out")
  func oldSchema() async throws {
    let redis = try #require(ProcessInfo.processInfo.environment["TEST_REDIS_URL"])
    try await TestDatabase.with(.nothing) { database in
      let run = try await run([], ["DATABASE_URL": database.url, "REDIS_URL": redis])
      #expect(run.code == 78 && run.text.contains("coordinator db migrate"))
    }
    try await TestDatabase.with { database in
      try await database.store.pool.query("DELETE FROM schema_migrations WHERE version = 2")
      let run = try await run([], ["DATABASE_URL": database.url, "REDIS_URL": redis, "LOG_FORMAT": "json"])
      #expect(run.code == 78)
      let line = try #require(run.lines.last)
      #expect(try JSON(parsing: line)["level"] == "critical")
      #expect(line.contains("missing: 2") && line.contains("coordinator db migrate"))
    }
  }

  @Test("a scoring function that cannot be used ends the start with 78 and the reason")
  func brokenScoringFunction() async throws {
    let redis = try #require(ProcessInfo.processInfo.environment["TEST_REDIS_URL"])
    let cases = [
      ("builtin:brier", "one of directional"), ("not_there:score", "No module named 'not_there'"),
      ("json:dumps", "the first two must be prediction, ground_truth"), ("lib:/nowhere.so#score", "cannot be loaded"),
    ]
    try await TestDatabase.with { database in
      for (function, reason) in cases {
        let run = try await run(
          [],
          [
            "DATABASE_URL": database.url, "REDIS_URL": redis, "SCORING_FUNCTION": function, "MODEL_PYTHON": "python3",
          ])
        #expect(run.code == 78 && run.text.contains(function) && run.text.contains(reason), "\(run.text)")
      }
    }
  }

  @Test("a worker says when it is ready, counts, and ends with 0 on SIGTERM")
  func drains() async throws {
    let redis = try #require(ProcessInfo.processInfo.environment["TEST_REDIS_URL"])
    let prefix = TestRedis.prefix()
    let port = try LoopbackPort.free()
    try await TestDatabase.with { database in
      let process = ChildProcess(
        executable: try Executables.products + "/score-worker",
        environment: [
          "DATABASE_URL": database.url, "REDIS_URL": redis, "REDIS_KEY_PREFIX": prefix, "HEALTH_PORT": "\(port)",
        ])
      let (started, sign) = AsyncStream.makeStream(of: Int32.self)
      let running = Task { try await process.run(onStart: { sign.yield($0) }) }
      let pid = try #require(await started.first { _ in true })
      let client = HTTPClient()
      try await waitUntil("the worker is ready") {
        do {
          return try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/readyz")).status == 200
        } catch is HTTPError { return false }
      }
      let metrics = try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics"))
      #expect(metrics.status == 200)
      kill(pid, SIGTERM)
      #expect(try await running.value.exitCode == 0)
      #expect(try await database.store.leases.holder(of: "score-leader") == nil)
    }
    try await TestRedis.removeAll(prefix)
  }
}
