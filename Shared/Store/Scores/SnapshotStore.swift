import Competition
import Postgres

/// Table `snapshots`, for readers.
public struct SnapshotStore: Sendable {
  let pool: PostgresPool

  /// Snapshots whose period ended at `start` or later, sealed and provisional ones, in order of time.
  public func all(since start: Timestamp) async throws -> [Snapshot] {
    try await pool.query(
      """
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
        created_at
      FROM snapshots WHERE period_end >= $1 ORDER BY period_end, id COLLATE "C"
      """, [.time(start)]
    ).map(Self.snapshot)
  }

  static func snapshot(_ row: PostgresRow) throws -> Snapshot {
    Snapshot(
      id: try row.text(0), modelID: try row.text(1), periodStart: try row.timestamp(2),
      periodEnd: try row.timestamp(3), predictionCount: Int(try row.int(4)), resultSummary: try row.object(5),
      meta: try row.object(6), createdAt: try row.timestamp(7))
  }
}
