import ChildProcesses
import Foundation
import HTTPFetch
import Postgres
import Store
import TestKit

/// Score workers that share a database and a Redis, each a process of its own.
struct ScoreFleet: Sendable {
  let database: TestDatabase
  let redis: PrivateRedis
  private let workers: [(process: RunningProcess, healthPort: Int)]

  /// Starts `count` workers, waits until all are ready, lends them to `body`, and stops them.
  static func with(_ count: Int, _ body: @Sendable (ScoreFleet) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      try await PrivateRedis.with { redis in
        let fleet = try ScoreFleet(count, database, redis)
        do {
          for worker in fleet.workers {
            try await waitUntil("a score worker is ready") { await isReady(worker.healthPort) }
          }
          try await body(fleet)
        } catch {
          for worker in fleet.workers { await worker.process.stop() }
          throw error
        }
        for worker in fleet.workers { await worker.process.stop() }
      }
    }
  }

  private init(_ count: Int, _ database: TestDatabase, _ redis: PrivateRedis) throws {
    self.database = database
    self.redis = redis
    let executable = try Executables.products + "/score-worker"
    workers = try (0..<count).map { _ in
      let port = try LoopbackPort.free()
      let child = ChildProcess(
        executable: executable,
        environment: [
          "DATABASE_URL": database.url, "REDIS_URL": redis.url, "HEALTH_PORT": String(port),
          "DATABASE_POOL_SIZE": "4", "FEED_SOURCE": "test", "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle",
          "FEED_GRANULARITY": "1m", "SCORE_BATCH_SIZE": "20", "SCORE_CONCURRENCY": "2",
          // Work that takes its time, so that the shares show how it is handed out and not who starts first.
          "FAIL_POINTS": "score.mid-score=delay:5ms",
        ])
      return (RunningProcess(child), port)
    }
  }

  private static func isReady(_ port: Int) async -> Bool {
    do {
      return try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(port)/readyz")).status == 200
    } catch {
      return false
    }
  }

  /// How many scores each worker committed, as its metrics say.
  func scoresByWorker() async throws -> [Int] {
    var counts: [Int] = []
    for worker in workers {
      let response = try await HTTPClient().send(
        HTTPRequest(url: "http://127.0.0.1:\(worker.healthPort)/metrics"))
      let line = String(decoding: response.body, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix("coordinator_scores_total ") }
      counts.append(line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0)
    }
    return counts
  }

  /// Stores predictions of five models on `tasks` inputs, one a minute, all due, and the candles that tell their truth.
  func addWork(tasks: Int) async throws {
    let statements: [SQL] = [
      """
      INSERT INTO models (id, name) SELECT m::text, 'model-' || m FROM generate_series(1, 5) m
      """,
      """
      INSERT INTO feed_records
        (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
      SELECT 'R' || i, 'test', 'BTC', 'candle', '1m', at, at + interval '61 seconds',
        jsonb_build_object('close', 100 + sin(i)), '{"closed": true}'
      FROM generate_series(0, $1 + 10) i
      CROSS JOIN LATERAL (
        SELECT date_trunc('minute', now()) - ($1 + 20 - i) * interval '1 minute' AS at) t
      """,
      """
      INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'INP_' || i, '{}', now() FROM generate_series(1, $1) i
      """,
      """
      INSERT INTO predictions
        (id, input_id, model_id, scope_key, scope_jsonb, inference_output_jsonb, performed_at, resolvable_at)
      SELECT 'PRE_' || m || '_' || i, 'INP_' || i, m::text, 'BTC-60',
        '{"source": "test", "subject": "BTC", "kind": "candle", "granularity": "1m", "resolve_horizon_seconds": 60}',
        jsonb_build_object('value', sin(m + i)), at, at + interval '60 seconds'
      FROM generate_series(1, $1) i CROSS JOIN generate_series(1, 5) m
      CROSS JOIN LATERAL (
        SELECT date_trunc('minute', now()) - ($1 + 18 - i) * interval '1 minute' AS at) t
      """,
    ]
    for statement in statements {
      let usesCount = statement.text.contains("$1")
      try await database.store.pool.query(statement, usesCount ? [.int(Int64(tasks))] : [])
    }
  }
}
