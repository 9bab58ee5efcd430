import Bus
import Competition
import HTTPFetch
import Postgres
import Store
import TestKit
import Testing

extension EndToEnd {
  @Suite("A feed that is silent for an hour")
  struct SilentFeedTests {
    private static let minutes = 180
    private static let silence = 65

    @Test(
      "goes on by itself: the gap is filled, and what waited for it is scored; also when a stream stays open and says nothing",
      arguments: [true, false])
    func recovers(isStreamed: Bool) async throws {
      try await TestDatabase.with { database in
        try await PrivateRedis.with { redis in
          let authority = try await TestAuthority.make()
          let end = try await database.store.now().floored(toSeconds: 60)
          let candles = (-Self.minutes..<60).map { Self.candle(end.adding(seconds: $0 * 60)) }
          let exchange = try TestExchange(candles, now: end.adding(seconds: -Self.silence * 60))
          try await exchange.stream.start(authority)
          let variables = Self.variables(
            database, redis, exchange.options(authority).merging(["stream": "\(isStreamed)"]) { $1 })
          let feed = try WorkerProcess("feed-data-worker", variables.mapValues { $0 })
          try await self.silent(exchange, database.store, feed, isStreamed: isStreamed)
          try await ScoreFleet.with(databaseURL: database.url, redisURL: redis.url, variables: variables) { fleet in
            let bus = RedisBus(redis.configuration, clientName: "test")
            let tasks = try await Self.predict(database.store, end: end)
            try await fleet.start()
            try await bus.publish(tasks)
            try await waitUntil("all wait for their truth") { try await bus.status().delayed == tasks.count }
            #expect(
              try await Self.count(database.store, "SELECT count(*) FROM predictions WHERE status <> 'PENDING'") == 0)
            exchange.clock.now = end.adding(seconds: 30)
            try await waitUntil("all predictions have ended") {
              try await Self.count(database.store, "SELECT count(*) FROM predictions WHERE status = 'PENDING'") == 0
            }
          }
          #expect(
            try await Self.count(database.store, "SELECT count(*) FROM predictions WHERE status = 'SCORED'")
              == Self.silence - 5)
          try await Self.checkTruths(database.store)
          let stored = try await database.store.feeds.newest(of: Self.key, limit: 1_000).map(\.eventTime.seconds)
          #expect(zip(stored, stored.dropFirst()).allSatisfy { $1 - $0 == 60 })
          await feed.process.stop()
          try await exchange.stop()
        }
      }
    }

    /// Waits until the worker has what there is, says that it has no more, and has given a stream up that says nothing.
    private func silent(
      _ exchange: TestExchange, _ store: Store, _ feed: WorkerProcess, isStreamed: Bool
    ) async throws {
      let newest = exchange.clock.now.adding(seconds: -60)
      try await waitUntil("the past; the worker said: \(feed.process.lines.suffix(5))") {
        try await store.feeds.newest(of: Self.key).map { $0.eventTime >= newest } ?? false
      }
      try await waitUntil("it says why it is not ready") {
        try await feed.readiness().contains("the provider answers, and has nothing newer")
      }
      if isStreamed { try await waitUntil("the silent stream is opened again") { exchange.stream.paths.count >= 3 } }
    }

    private static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")

    private static func close(_ seconds: Int64) -> Double { 100 + Double(seconds / 60 * 7_919 % 1_000) / 8 }

    private static func candle(_ time: Timestamp) -> TestExchange.Candle {
      TestExchange.Candle(
        opened: time.seconds, open: "1", high: "1000", low: "1", close: "\(close(time.seconds))", volume: "1")
    }

    private static func variables(
      _ database: TestDatabase, _ redis: PrivateRedis, _ options: [String: String]
    ) -> [String: String] {
      var variables = [
        "DATABASE_URL": database.url, "REDIS_URL": redis.url, "FEED_SOURCE": "binance", "FEED_SUBJECTS": "BTCUSDT",
        "FEED_KIND": "candle", "FEED_GRANULARITY": "1m", "FEED_POLL_SECONDS": "0.2", "FEED_SILENCE_SECONDS": "1",
        "FEED_BACKFILL_MINUTES": "180",
      ]
      for (name, value) in options { variables["FEED_OPT_\(name.uppercased())"] = value }
      return variables
    }

    /// A prediction in each minute of the silence, over the next one or the next five.
    private static func predict(_ store: Store, end: Timestamp) async throws -> [ScoreTask] {
      try await store.pool.query("INSERT INTO models (id, name, created_at) VALUES ('1', 'model-1', now())")
      let rows = try await store.pool.query(
        """
        WITH task AS (
          SELECT i, $1::timestamptz - i * interval '1 minute' + interval '7 seconds' AS at,
            (CASE WHEN i % 2 = 0 THEN 60 ELSE 300 END) AS horizon
          FROM generate_series(6, $2) i
        ), input AS (
          INSERT INTO inputs (id, raw_data_jsonb, received_at) SELECT 'INP_' || i, '{}', at FROM task
        ), prediction AS (
          INSERT INTO predictions
            (id, input_id, model_id, scope_key, scope_jsonb, inference_output_jsonb, performed_at, resolvable_at)
          SELECT 'PRE_' || i, 'INP_' || i, '1', 'BTC',
            jsonb_build_object('source', 'binance', 'subject', 'BTCUSDT', 'kind', 'candle', 'granularity', '1m',
              'resolve_horizon_seconds', horizon),
            '{"value": 1}', at, at + horizon * interval '1 second'
          FROM task)
        SELECT 'INP_' || i, at, at + horizon * interval '1 second' FROM task
        """, [.time(end.microseconds), .int(Int64(silence))])
      return try rows.map { row in
        ScoreTask(
          inputID: try row.text(0), scopeKey: "BTC", configID: nil, subject: "BTCUSDT",
          performedAt: Timestamp(microseconds: try row.time(1)), resolvableAt: Timestamp(microseconds: try row.time(2)))
      }
    }

    /// Each truth is the return between the closes that were known at both ends.
    private static func checkTruths(_ store: Store) async throws {
      let rows = try await store.pool.query(
        """
        SELECT p.performed_at, p.resolvable_at, (t.truth_jsonb ->> 'return')::float8
        FROM predictions p JOIN ground_truths t USING (input_id, scope_key)
        """)
      #expect(rows.count == silence - 5)
      for row in rows {
        func price(_ column: Int) throws -> Double {
          close(Timestamp(microseconds: try row.time(column)).floored(toSeconds: 60).adding(seconds: -60).seconds)
        }
        let (entry, exit) = (try price(0), try price(1))
        #expect(try row.double(2) == (exit - entry) / entry)
      }
    }

    private static func count(_ store: Store, _ statement: SQL) async throws -> Int {
      Int(try await store.pool.query(statement)[0].int(0))
    }
  }
}
