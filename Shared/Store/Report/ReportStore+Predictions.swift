import Competition
import Postgres

extension ReportStore {
  /// Predictions that were performed in a range, ascending by that time. When there are more than `limit`, whole moments of
  /// dispatch are left out, evenly over the range, so that a chart keeps its shape and models stay comparable.
  public func predictions(_ range: ReportRange, _ models: ReportModels, limit: Int) async throws -> [ReportPrediction] {
    let parameters: [PostgresParameter] =
      [.time(range.start), .time(range.end)] + PostgresParameter.models(models) + [.int(Int64(limit))]
    let rows = try await pool.query(Self.firstPredictions, parameters)
    guard rows.count > limit else { return try rows.map(ReportPrediction.init) }
    return try await pool.query(Self.thinnedPredictions, parameters).map(ReportPrediction.init)
  }

  /// One more than the limit, so that the caller knows when there are too many.
  static let firstPredictions: SQL = """
    SELECT p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, s.id IS NOT NULL,
      s.result_jsonb -> 'value', s.success, CASE WHEN s.id IS NULL THEN p.failed_reason ELSE s.failed_reason END,
      s.scored_at, p.performed_at
    FROM (
      SELECT * FROM predictions
      WHERE performed_at BETWEEN $1 AND $2 AND (NOT $4 OR model_id = ANY($3))
      ORDER BY performed_at LIMIT $5 + 1
    ) p LEFT JOIN scores s ON s.prediction_id = p.id
    ORDER BY p.performed_at, p.id COLLATE "C"
    """

  /// Looks at 2,000 points of time for the dispatch that follows each, counts what those dispatches hold, and keeps every
  /// nth of them, so that what they hold together fits.
  static let thinnedPredictions: SQL = """
    WITH grid AS (
      SELECT $1::timestamptz + i * ($2::timestamptz - $1::timestamptz) / 2000 AS start,
        $1::timestamptz + (i + 1) * ($2::timestamptz - $1::timestamptz) / 2000 AS next, i
      FROM generate_series(0, 1999) i
    ), moments AS MATERIALIZED (
      SELECT first.performed_at,
        (SELECT count(*) FROM predictions
         WHERE performed_at = first.performed_at AND (NOT $4 OR model_id = ANY($3))) AS size
      FROM grid CROSS JOIN LATERAL (
        SELECT performed_at FROM predictions
        WHERE performed_at >= grid.start AND (performed_at < grid.next OR (i = 1999 AND performed_at <= $2))
          AND (NOT $4 OR model_id = ANY($3))
        ORDER BY performed_at LIMIT 1) first
    ), numbered AS (
      SELECT performed_at, row_number() OVER (ORDER BY performed_at) - 1 AS position,
        greatest(1, ceil(sum(size) OVER () / $5::float8))::bigint AS step
      FROM moments
    )
    SELECT p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, s.id IS NOT NULL,
      s.result_jsonb -> 'value', s.success, CASE WHEN s.id IS NULL THEN p.failed_reason ELSE s.failed_reason END,
      s.scored_at, p.performed_at
    FROM numbered JOIN predictions p ON p.performed_at = numbered.performed_at
      LEFT JOIN scores s ON s.prediction_id = p.id
    WHERE numbered.position % numbered.step = 0 AND (NOT $4 OR p.model_id = ANY($3))
    ORDER BY p.performed_at, p.id COLLATE "C" LIMIT $5
    """
}
