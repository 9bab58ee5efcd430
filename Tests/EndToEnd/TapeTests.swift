import ChildProcesses
import Competition
import Foundation
import Postgres
import Store
import Synchronization
import TestKit
import Testing

extension EndToEnd {
  @Suite("A recorded day that is played as fast as it goes")
  struct TapeTests {
    @Test("makes the same inputs, predictions and scores each time, in minutes")
    func sameEachTime() async throws {
      let path = NSTemporaryDirectory() + "/day-\(UUID().uuidString).csv"
      try Self.day.write(toFile: path, atomically: true, encoding: .utf8)
      let first = try await Self.play(path)
      let second = try await Self.play(path)
      #expect(first.count == second.count && first.count > 3 * 280)
      let difference = zip(first, second).first { $0 != $1 }
      #expect(difference == nil, "\(difference as Any)")
      try FileManager.default.removeItem(atPath: path)
    }

    private static let start = Timestamp(seconds: 1_735_689_600)
    private static let minutes = 1_440

    /// Minute candles of two subjects, long past.
    private static var day: String {
      var lines = ["time,subject,open,high,low,close,volume"]
      for minute in 0..<minutes {
        for (subject, base) in [("BTC", 50_000), ("ETH", 3_000)] {
          let price = base + (minute * 37) % 101 - minute % 7
          lines.append(
            "\(start.adding(seconds: 60 * minute).iso8601(.z)),\(subject),\(price),\(price + 2),\(price - 2),\(price + 1),1"
          )
        }
      }
      return lines.joined(separator: "\n") + "\n"
    }

    /// Plays the day on an empty node and answers what came of it, in order.
    private static func play(_ path: String) async throws -> [String] {
      try await TestDatabase.with { database in
        _ = try await database.store.configs.seed([
          ScheduledPredictionConfig(
            id: "", scopeKey: "ten", scopeTemplate: [:],
            schedule: ScheduledPredictionConfig.Schedule(predictionIntervalSeconds: 600, resolveAfterSeconds: 300),
            isActive: true, order: 0, meta: [:])
        ])
        let rows = Rows()
        try await PrivateRedis.with { redis in
          // Its answer follows from what it was shown last.
          try await LocalOrchestrator.with(["m": "return {'value': (sum(map(ord, subject)) % 7 - 3) / 10}"]) { models in
            let workers = try ["feed-data-worker", "predict-worker", "score-worker"].map { name in
              RunningProcess(
                ChildProcess(
                  executable: try Executables.products + "/" + name,
                  environment: [
                    "DATABASE_URL": database.url, "REDIS_URL": redis.url, "CRUNCH_ID": "test",
                    "FEED_PROVIDER": "replay",
                    "FEED_SOURCE": "tape", "FEED_SUBJECTS": "BTC,ETH", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
                    "FEED_OPT_PATH": path, "FEED_OPT_SPEED": "max", "MODEL_RUNNER_NODE_HOST": "127.0.0.1",
                    "MODEL_RUNNER_NODE_PORT": String(models.port), "HEALTH_PORT": String(try LoopbackPort.free()),
                    "SCORE_INTERVAL_SECONDS": "600",
                  ]))
            }
            let lines = { workers.map { $0.lines.suffix(4).joined(separator: "\n") }.joined(separator: "\n") }
            try await waitUntil("the day is over and all of it scored; the workers said \(lines())") {
              try await database.store.pool.query(
                // Two subjects every ten minutes, and once more at the end, whose truth is not on the tape.
                "SELECT (SELECT count(*) FROM predictions) = 290 AND (SELECT count(*) FROM scores) = 288")[0].bool(0)
            }
            for worker in workers { await worker.stop() }
            rows.set(try await outcome(database.store.pool))
          }
        }
        return rows.all
      }
    }

    private static func outcome(_ pool: PostgresPool) async throws -> [String] {
      try await pool.query(
        """
        SELECT concat_ws(' ', 'input', id, raw_data_jsonb, received_at) FROM inputs
        UNION ALL SELECT concat_ws(' ', 'prediction', id, input_id, status, inference_output_jsonb, performed_at, resolvable_at)
          FROM predictions
        UNION ALL SELECT concat_ws(' ', 'score', id, result_jsonb, success) FROM scores
        ORDER BY 1
        """
      ).map { try $0.text(0) }
    }
  }
}

/// What a closure found that answers nothing.
private final class Rows: Sendable {
  private let state = Mutex<[String]>([])
  var all: [String] { state.withLock { $0 } }
  func set(_ rows: [String]) { state.withLock { $0 = rows } }
}
