import Competition
import Postgres

/// Table `snapshots`, for readers.
public struct SnapshotStore: Sendable {
  let pool: PostgresPool

  /// Snapshots whose period ended at `start` or later, sealed and provisional ones, in order of time.
  public func all(since start: Timestamp) async throws -> [Snapshot] {
    try await pool.query(Self.since, [.time(start)]).map(Self.snapshot)
  }

  static let since: SQL = """
    SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
      created_at
    FROM snapshots WHERE period_end >= $1 ORDER BY period_end, id COLLATE "C"
    """

  /// The newest snapshot of each model that has had none since `end`: leaderboards still show such a model.
  public func newestOfSilentModels(before end: Timestamp) async throws -> [Snapshot] {
    try await pool.query(Self.newestOfSilentModels, [.time(end)]).map(Self.snapshot)
  }

  static let newestOfSilentModels: SQL = """
    SELECT s.* FROM models m CROSS JOIN LATERAL (
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
        created_at
      FROM snapshots WHERE model_id = m.id AND (provisional OR sealed_at IS NOT NULL)
      ORDER BY period_start DESC LIMIT 1) s
    WHERE s.period_end < $1 ORDER BY s.period_end, s.id COLLATE "C"
    """

  static func snapshot(_ row: PostgresRow) throws -> Snapshot {
    Snapshot(
      id: try row.text(0), modelID: try row.text(1), periodStart: try row.timestamp(2),
      periodEnd: try row.timestamp(3), predictionCount: Int(try row.int(4)), resultSummary: try row.object(5),
      meta: try row.object(6), createdAt: try row.timestamp(7))
  }
}
