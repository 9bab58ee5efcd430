import Competition
import Postgres

extension ReportStore {
  /// Snapshots that overlap a range, ascending by their creation: all of them, or a page.
  public func snapshots(
    overlapping range: ReportRange, _ models: ReportModels, includesEnsembles: Bool, after cursor: ReportCursor? = nil,
    limit: Int
  ) async throws -> [ReportSnapshot] {
    try await pool.query(
      Self.overlapping,
      PostgresParameter.range(range, models) + [
        .bool(includesEnsembles), .time(cursor?.time), .text(cursor?.id), .int(Int64(limit)),
      ]
    ).map(ReportSnapshot.init)
  }

  static let overlapping: SQL = """
    SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, created_at
    FROM snapshots
    WHERE period_end >= $1 AND period_start <= $2 AND (NOT $4 OR model_id = ANY($3))
      AND ($5 OR NOT starts_with(model_id, '__ensemble_'))
      AND ($6::timestamptz IS NULL OR (created_at, id COLLATE "C") > ($6, $7))
    ORDER BY created_at, id COLLATE "C" LIMIT $8
    """

  /// Whether a range overlaps more snapshots than `limit`.
  public func hasMoreSnapshots(
    overlapping range: ReportRange, _ models: ReportModels, includesEnsembles: Bool, than limit: Int
  ) async throws -> Bool {
    try await pool.query(
      """
      SELECT count(*) > $6 FROM (
        SELECT 1 FROM snapshots
        WHERE period_end >= $1 AND period_start <= $2 AND (NOT $4 OR model_id = ANY($3))
          AND ($5 OR NOT starts_with(model_id, '__ensemble_'))
        ORDER BY period_end LIMIT $6 + 1
      ) first
      """, PostgresParameter.range(range, models) + [.bool(includesEnsembles), .int(Int64(limit))]
    ).first?.bool(0) ?? false
  }

  /// As many of them as fit, whole periods at a time, evenly over the range.
  public func thinnedSnapshots(
    overlapping range: ReportRange, _ models: ReportModels, includesEnsembles: Bool, cells: Int, limit: Int
  ) async throws -> [ReportSnapshot] {
    try await pool.query(
      Self.thinned,
      PostgresParameter.range(range, models) + [.bool(includesEnsembles), .int(Int64(cells)), .int(Int64(limit))]
    ).map(ReportSnapshot.init)
  }

  static let thinned: SQL = """
    WITH grid AS (
      SELECT $1::timestamptz + i * ($2::timestamptz - $1::timestamptz) / $6::float8 AS start,
        $1::timestamptz + (i + 1) * ($2::timestamptz - $1::timestamptz) / $6::float8 AS next, i
      FROM generate_series(0, $6 - 1) i
    ), moments AS MATERIALIZED (
      SELECT first.period_end,
        (SELECT count(*) FROM snapshots
         WHERE period_end = first.period_end AND (NOT $4 OR model_id = ANY($3))) AS size
      FROM grid CROSS JOIN LATERAL (
        SELECT period_end FROM snapshots
        WHERE period_end >= grid.start AND (period_end < grid.next OR (i = $6 - 1 AND period_start <= $2))
          AND (NOT $4 OR model_id = ANY($3))
        ORDER BY period_end LIMIT 1) first
    ), numbered AS (
      SELECT period_end, row_number() OVER (ORDER BY period_end) - 1 AS position,
        greatest(1, ceil(sum(size) OVER () / $7::float8))::bigint AS step
      FROM moments
    )
    SELECT s.id, s.model_id, s.period_start, s.period_end, s.prediction_count::bigint, s.result_summary_jsonb,
      s.created_at
    FROM numbered JOIN snapshots s ON s.period_end = numbered.period_end
    WHERE numbered.position % numbered.step = 0 AND (NOT $4 OR s.model_id = ANY($3))
      AND ($5 OR NOT starts_with(s.model_id, '__ensemble_'))
    ORDER BY s.created_at, s.id COLLATE "C" LIMIT $7
    """
}
