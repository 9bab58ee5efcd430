import Bus
import Competition
import Postgres
import Redis
import Store

/// Predictions to be scored, in batches that a test adds as it goes: all are due, and the candles that tell their truth are
/// stored, two hours of them up to the minute in which the workload was made, and some of later, for work that becomes due
/// while a test runs.
public struct ScoreWorkload: Sendable {
  public let store: Store
  public let bus: RedisBus
  /// A whole minute by PostgreSQL's clock.
  public let end: Timestamp
  public let models: Int

  public static let scopeKey = "BTC-60"
  private static let minutes = 120

  /// Stores models and candles.
  /// - Parameter end: where the candles end; without it the minute that has just passed.
  public init(
    _ store: Store, _ redis: RedisConfiguration, keyPrefix: String = "", models: Int = 5, end: Timestamp? = nil
  ) async throws {
    self.store = store
    self.models = models
    bus = RedisBus(redis, keyPrefix: keyPrefix, clientName: "test")
    let now = try await store.now()
    self.end = end ?? now.floored(toSeconds: 60)
    try await store.pool.query(
      """
      INSERT INTO models (id, name, created_at)
      SELECT m::text, 'model-' || m, timestamptz '2026-01-01 00:00:00+00' FROM generate_series(1, $1) m
      """, [.int(Int64(models))])
    try await store.pool.query(
      """
      INSERT INTO feed_records
        (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
      SELECT 'R' || i, 'test', 'BTC', 'candle', '1m', at, at + interval '60 seconds',
        jsonb_build_object('close', 100 + round(sin(i)::numeric, 6)), '{"closed": true}'
      FROM generate_series(-240, $2 + 3) i
      CROSS JOIN LATERAL (SELECT $1::timestamptz - i * interval '1 minute' AS at) t
      """, [.time(self.end.microseconds), .int(Int64(Self.minutes))])
  }

  /// Stores the predictions of `count` tasks, spread over the minutes, and answers the tasks.
  /// - Parameters:
  ///   - name: begins the ids of the batch.
  ///   - due: when all of them become due; without it each in a past minute.
  public func add(_ name: String, tasks count: Int, due: Timestamp? = nil) async throws -> [ScoreTask] {
    try await store.pool.query(
      """
      INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'INP_' || $1 || '_' || i, '{}', $2::timestamptz - interval '1 day' FROM generate_series(1, $3) i
      """, [.text(name), .time(end.microseconds), .int(Int64(count))])
    let rows = try await store.pool.query(
      """
      WITH task AS (
        SELECT i, coalesce($5::timestamptz, $2::timestamptz - (1 + i % 118) * interval '1 minute') AS due
        FROM generate_series(1, $3) i
      ), inserted AS (
        INSERT INTO predictions
          (id, input_id, model_id, scope_key, scope_jsonb, inference_output_jsonb, performed_at, resolvable_at)
        SELECT 'PRE_' || $1 || '_' || m || '_' || i, 'INP_' || $1 || '_' || i, m::text, 'BTC-60',
          '{"source": "test", "subject": "BTC", "kind": "candle", "granularity": "1m", "resolve_horizon_seconds": 60}',
          jsonb_build_object('value', round(sin(m * 100 + i)::numeric, 6)), due - interval '60 seconds', due
        FROM task CROSS JOIN generate_series(1, $4) m)
      SELECT 'INP_' || $1 || '_' || i, due FROM task
      """,
      [
        .text(name), .time(end.microseconds), .int(Int64(count)), .int(Int64(models)), .time(due?.microseconds),
      ])
    return try rows.map { row in
      let due = Timestamp(microseconds: try row.time(1))
      return ScoreTask(
        inputID: try row.text(0), scopeKey: Self.scopeKey, configID: nil, subject: "BTC",
        performedAt: due.adding(seconds: -60), resolvableAt: due)
    }
  }

  /// Adds a batch and publishes it, as a predict worker does.
  @discardableResult
  public func publish(_ name: String, tasks count: Int) async throws -> [ScoreTask] {
    let tasks = try await add(name, tasks: count)
    try await bus.publish(tasks)
    return tasks
  }

  /// Adds tasks that become due in a while and schedules them, as a predict worker does. Answers them and when they are due.
  @discardableResult
  public func scheduleLater(
    _ name: String, tasks count: Int, seconds: Int
  ) async throws -> (tasks: [ScoreTask], due: Timestamp) {
    let due = try await store.now().floored(toSeconds: 1).adding(seconds: 1 + seconds)
    let tasks = try await add(name, tasks: count, due: due)
    try await bus.schedule(tasks.map { DelayedTask($0, at: due) })
    return (tasks, due)
  }

  /// Predictions that have not ended.
  public func unfinished() async throws -> Int {
    Int(try await store.pool.query("SELECT count(*) FROM predictions WHERE status = 'PENDING'")[0].int(0))
  }

  public func waitUntilScored(_ what: String) async throws {
    try await waitUntil("all is scored after \(what)") { try await unfinished() == 0 }
  }
}
