import Competition
import Postgres

/// Table `checkpoints`.
public struct CheckpointStore: Sendable {
  let pool: PostgresPool

  /// What a checkpoint is made from.
  public struct Material: Sendable {
    public var periodStart: Timestamp
    public var periodEnd: Timestamp
    /// The sealed snapshots that no checkpoint counts yet, in order of time.
    public var snapshots: [Snapshot]
    public var models: [Model]
    /// PostgreSQL's clock.
    public var now: Timestamp
  }

  /// Makes the checkpoint that follows the newest one, when every bucket up to its end is sealed: one transaction claims
  /// its snapshots and inserts it, under a lock, so that each snapshot is in one checkpoint whoever calls this and how
  /// often. Its period starts where the previous one ended; when nothing was scored in it, it grows by whole intervals.
  /// - Returns: nil when it is not time yet.
  public func createNext(
    intervalSeconds: Int, build: @Sendable @escaping (Material) -> Checkpoint
  ) async throws -> Checkpoint? {
    guard try await period(intervalSeconds) != nil else { return nil }
    return try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.checkpoint)])
      let row = try connection.query(Self.nextPeriod, [.double(Double(intervalSeconds))]).first
      guard let row, let start = try row.timestampIfPresent(0), let end = try row.timestampIfPresent(1) else {
        return nil
      }
      let answers = try connection.pipeline([
        PostgresQuery(
          """
          SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
            created_at
          FROM snapshots WHERE checkpoint_id IS NULL AND NOT provisional AND period_end <= $1
          ORDER BY period_end, id COLLATE "C" FOR UPDATE
          """, [.time(end.microseconds)]),
        PostgresQuery(
          "SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models ORDER BY id"),
        PostgresQuery("SELECT clock_timestamp()"),
      ])
      let snapshots = try answers[0].map(SnapshotStore.snapshot)
      let models = try answers[1].map { row in
        Model(
          id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
          deploymentIdentifier: try row.text(4), createdAt: try row.timestamp(5))
      }
      let checkpoint = build(
        Material(
          periodStart: start, periodEnd: end, snapshots: snapshots, models: models,
          now: try answers[2][0].timestamp(0)))
      try connection.pipeline([
        try Self.insert(checkpoint),
        PostgresQuery(
          "UPDATE snapshots SET checkpoint_id = $1 WHERE id = ANY($2)",
          [.text(checkpoint.id), .texts(snapshots.map(\.id))]),
      ])
      return checkpoint
    }
  }

  private func period(_ intervalSeconds: Int) async throws -> Timestamp? {
    try await pool.query(Self.nextPeriod, [.double(Double(intervalSeconds))]).first?.timestampIfPresent(1)
  }

  /// The next period when it can be closed: where the last one ended, else where the first bucket began; its end the
  /// first whole interval after the oldest snapshot that is not claimed; only if buckets are sealed up to there.
  private static let nextPeriod: SQL = """
    WITH start AS (
      SELECT coalesce(
        (SELECT max(period_end) FROM checkpoints),
        (SELECT first_period FROM seal_state)) AS at
    ), oldest AS (
      SELECT min(period_end) AS at FROM snapshots WHERE checkpoint_id IS NULL AND NOT provisional
    ), period AS (
      SELECT start.at AS start,
        start.at + greatest(1, ceil(extract(epoch FROM oldest.at - start.at)::float8 / $1)) * $1 * interval '1 second'
          AS "end"
      FROM start, oldest WHERE start.at IS NOT NULL AND oldest.at IS NOT NULL
    )
    SELECT period.start, period."end" FROM period, seal_state
    WHERE seal_state.sealed_until >= period."end"
    """

  private static func insert(_ checkpoint: Checkpoint) throws -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """,
      [
        .text(checkpoint.id), .time(checkpoint.periodStart.microseconds), .time(checkpoint.periodEnd.microseconds),
        .text(checkpoint.status.rawValue), .json(try JSON.array(checkpoint.entries).encoded()),
        try .json(checkpoint.meta), .time(checkpoint.createdAt.microseconds),
      ])
  }
}
