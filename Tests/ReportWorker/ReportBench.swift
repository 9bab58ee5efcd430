import Competition
import Diagnosis
import Foundation
import HTTPFetch
import Logging
import Postgres
import Store
import TestKit

@testable import ReportWorker

/// The report API over a database of a test's own, at a time that stands still.
struct ReportBench: Sendable {
  /// 2026-02-13T12:00:00Z
  static let now = Timestamp(seconds: 1_770_984_000)

  let store: Store
  let port: Int
  private var url: String { "http://127.0.0.1:\(port)" }

  /// - Parameters:
  ///   - keys: of the API; without any, reading is open and changes come from this machine.
  ///   - change: of where the server finds its database.
  ///   - configure: changes the server's settings.
  ///   - pipeline: what is found of the streams.
  ///   - inquire: what is told of an id.
  static func with(
    contract: CrunchContract = .default, keys: [KeyRing.Key] = [], readsNeedKey: Bool = false,
    change: @Sendable (inout PostgresConfiguration) -> Void = { _ in },
    configure: @Sendable (inout ReportServer.Configuration) -> Void = { _ in },
    pipeline: @escaping @Sendable () async -> PipelineLook = { PipelineLook() },
    inquire: @escaping @Sendable (String) async -> (told: [Story], problems: [String]) = { _ in ([], []) },
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: @Sendable (ReportBench) async throws -> Void
  ) async throws {
    var configuration = ReportServer.Configuration(
      port: 0, identity: CrunchIdentity(crunchID: "the-crunch", address: "its-key", network: "testnet"),
      access: AccessPolicy(
        keys: KeyRing(keys), readsNeedKey: readsNeedKey, publicPrefixes: AccessTests.publicPrefixes,
        adminPrefixes: AccessTests.adminPrefixes), feedSources: ["binance", "pyth", "replay"])
    // Nobody carries out commands here.
    configuration.commandWait = .milliseconds(300)
    configure(&configuration)
    let settings = configuration
    try await TestDatabase.with { database in
      try await over(
        database.store, by: database.pool(size: 4, change), contract: contract, configuration: settings,
        pipeline: pipeline, inquire: inquire, logger: logger, body)
    }
  }

  /// The API over a database that is there already.
  /// - Parameter pool: what the server reads by; `store` is for what a test stores.
  static func over(
    _ store: Store, by pool: PostgresPool, contract: CrunchContract = .default,
    configuration: ReportServer.Configuration,
    pipeline: @escaping @Sendable () async -> PipelineLook = { PipelineLook() },
    inquire: @escaping @Sendable (String) async -> (told: [Story], problems: [String]) = { _ in ([], []) },
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: @Sendable (ReportBench) async throws -> Void
  ) async throws {
    let (ports, port) = AsyncStream<Int>.makeStream()
    let server = ReportServer(
      store: ReportStore(pool: pool), contract: contract, configuration: configuration, pipeline: pipeline,
      inquire: inquire, logger: logger, now: { Self.now }, onListening: { port.yield($0) })
    let running = Task { try await server.run() }
    var listening: Int?
    for await port in ports {
      listening = port
      break
    }
    do {
      try await body(ReportBench(store: store, port: listening ?? 0))
    } catch {
      running.cancel()
      _ = await running.result
      throw error
    }
    running.cancel()
    _ = await running.result
  }

  struct Reply: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var text: String
    var json: JSON
    var rows: [JSON] { json.array ?? [] }
    var detail: String? { json["detail"]?.string }
  }

  func get(
    _ path: String, headers: [String: String] = [:], followingRedirects: Bool = false
  ) async throws -> Reply {
    try await send(HTTPRequest(url: url + path, headers: headers), followingRedirects: followingRedirects)
  }

  func change(
    _ method: HTTPRequest.Method, _ path: String, _ body: String, headers: [String: String] = [:]
  ) async throws -> Reply {
    let type = ["Content-Type": "application/json"]
    return try await send(
      HTTPRequest(method, url: url + path, headers: type.merging(headers) { $1 }, body: Array(body.utf8)))
  }

  func send(_ request: HTTPRequest, followingRedirects: Bool = false) async throws -> Reply {
    var request = request
    request.followsRedirects = followingRedirects
    let response = try await HTTPClient().send(request)
    return Reply(
      status: response.status, headers: response.headers, body: response.body,
      text: String(decoding: response.body, as: UTF8.self),
      json: response.headers["content-type"] == "application/json" && !response.body.isEmpty
        ? try JSON(parsing: response.body, nonFinite: .accept) : .null)
  }

  func run(_ statement: SQL, _ parameters: [PostgresParameter] = []) async throws {
    try await store.pool.query(statement, parameters)
  }

  // MARK: Rows

  /// Rows as the original's tables take them, each with no other columns than theirs.
  func run(_ rows: OriginalTables.Type) async throws {
    try await store.pool.withConnection { try await $0.script(rows.repeatingRows + rows.laterRows) }
  }

  /// Models `a`, `b` and `__ensemble_main__`, and an input.
  func addModels() async throws {
    try await run(
      """
      INSERT INTO models (id, name, deployment_identifier, player_id, player_name)
      VALUES ('a', 'Alpha', 'run-a', 'p1', 'Ada'), ('b', 'Beta', 'run-b', 'p2', 'Bob'),
        ('__ensemble_main__', 'main', '', '', 'coordinator')
      """)
    try await run("INSERT INTO inputs (id) VALUES ('INP')")
  }

  /// A prediction that was performed `secondsAgo`, with a score unless `result` is nil.
  func addPrediction(
    _ id: String, model: String = "a", scopeKey: String = "BTC-60", secondsAgo: Int, result: JSONObject? = nil,
    success: Bool? = true, reason: String? = nil
  ) async throws {
    let performed = Self.now.adding(seconds: -secondsAgo)
    try await run(
      """
      INSERT INTO predictions
        (id, input_id, model_id, scope_key, scope_jsonb, status, failed_reason, inference_output_jsonb, performed_at)
      VALUES ($1, 'INP', $2, $3, '{"subject": "BTC", "resolve_horizon_seconds": 60}',
        CASE WHEN $4 THEN 'SCORED' ELSE 'PENDING' END, $5, '{"value": 0.5}', $6)
      """,
      [
        .text(id), .text(model), .text(scopeKey == "BTC-60" ? id : scopeKey), .bool(result != nil), .text(reason),
        .time(performed.microseconds),
      ])
    guard let result else { return }
    try await run(
      """
      INSERT INTO scores (id, prediction_id, result_jsonb, success, failed_reason, scored_at)
      VALUES ('SCR_' || $1, $1, $2, $3, $4, $5)
      """,
      [
        .text(id), .json(try JSON.object(result).encoded()), .bool(success), .text(reason),
        .time(performed.adding(seconds: 60).microseconds),
      ])
  }

  /// A checkpoint that ended `secondsAgo` and pays two models.
  func addCheckpoint(_ id: String, secondsAgo: Int = 60, status: String = "PENDING") async throws {
    let end = Self.now.adding(seconds: -secondsAgo)
    try await run(
      """
      INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at)
      VALUES ($1, $2, $3, $4,
        '[{"crunch": "its-key", "cruncher_rewards": [{"cruncher_index": 0, "reward_pct": 650000000},
          {"cruncher_index": 1, "reward_pct": 350000000}], "compute_provider_rewards": [],
          "data_provider_rewards": [{"provider": "w", "reward_pct": 5}]}]',
        '{"snapshot_count": 4, "model_count": 2, "ranking": [{"model_id": "a", "rank": 1}, {"model_id": "b", "rank": 2}]}',
        $3)
      """,
      [.text(id), .time(end.adding(seconds: -3_600).microseconds), .time(end.microseconds), .text(status)])
  }
}
