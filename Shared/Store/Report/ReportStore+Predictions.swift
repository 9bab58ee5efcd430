import Competition
import Postgres

extension ReportStore {
  /// Predictions that were performed in a range, ascending by that time: the first ones, or those behind a cursor.
  public func predictions(
    _ range: ReportRange, _ models: ReportModels, after cursor: ReportCursor? = nil, limit: Int
  ) async throws -> [ReportPrediction] {
    // The range may as well start at the cursor: rows before it are not even looked at.
    let start = cursor.map { max($0.time, range.start) } ?? range.start
    return try await pool.query(
      Self.predictions,
      PostgresParameter.range(ReportRange(start: start, end: range.end), models) + [
        .time(cursor?.time), .text(cursor?.id), .int(Int64(limit)),
      ]
    ).map(ReportPrediction.init)
  }

  static let predictions: SQL = """
    SELECT p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, s.id IS NOT NULL,
      s.result_jsonb -> 'value', s.success, CASE WHEN s.id IS NULL THEN p.failed_reason ELSE s.failed_reason END,
      s.scored_at, p.performed_at, p.id
    FROM (
      SELECT * FROM predictions
      WHERE performed_at BETWEEN $1 AND $2 AND (NOT $4 OR model_id = ANY($3))
        AND ($5::timestamptz IS NULL OR performed_at > $5 OR id COLLATE "C" > $6)
      ORDER BY performed_at, id COLLATE "C" LIMIT $7
    ) p LEFT JOIN scores s ON s.prediction_id = p.id
    ORDER BY p.performed_at, p.id COLLATE "C", s.scored_at, s.id
    """

  /// Whether a range holds more predictions than `limit`.
  public func hasMorePredictions(_ range: ReportRange, _ models: ReportModels, than limit: Int) async throws -> Bool {
    try await pool.query(
      """
      SELECT count(*) > $5 FROM (
        SELECT 1 FROM predictions WHERE performed_at BETWEEN $1 AND $2 AND (NOT $4 OR model_id = ANY($3)) LIMIT $5 + 1
      ) first
      """, PostgresParameter.range(range, models) + [.int(Int64(limit))]
    ).first?.bool(0) ?? false
  }

  /// The range from its first prediction to its last; nil when there is none.
  func predicted(within range: ReportRange) async throws -> ReportRange? {
    let row = try await pool.query(
      "SELECT min(performed_at), max(performed_at) FROM predictions WHERE performed_at BETWEEN $1 AND $2",
      [.time(range.start), .time(range.end)])[0]
    guard let first = try row.timestampIfPresent(0), let last = try row.timestampIfPresent(1) else { return nil }
    return ReportRange(start: first, end: last)
  }

  /// When the first prediction of a range was performed; nil when there is none.
  func nextPrediction(in range: ReportRange) async throws -> Timestamp? {
    try await pool.query(
      "SELECT performed_at FROM predictions WHERE performed_at BETWEEN $1 AND $2 ORDER BY performed_at LIMIT 1",
      [.time(range.start), .time(range.end)]
    ).first?.timestamp(0)
  }

  /// As many predictions of a range as fit, whole moments of dispatch at a time, evenly over the range, so that a chart
  /// keeps its shape and models stay comparable.
  /// - Parameter cells: the most moments that are shown, each the first of an equal part of the range.
  public func thinnedPredictions(
    _ range: ReportRange, _ models: ReportModels, cells: Int, limit: Int
  ) async throws -> [ReportPrediction] {
    try await pool.query(
      Self.thinnedPredictions,
      PostgresParameter.range(range, models) + [.int(Int64(cells)), .int(Int64(limit))]
    ).map(ReportPrediction.init)
  }

  /// Looks at the first dispatch of each part, counts what those dispatches hold, and keeps every nth of them, so that what
  /// they hold together fits.
  static let thinnedPredictions: SQL = """
    WITH grid AS (
      SELECT $1::timestamptz + i * ($2::timestamptz - $1::timestamptz) / $5::float8 AS start,
        $1::timestamptz + (i + 1) * ($2::timestamptz - $1::timestamptz) / $5::float8 AS next, i
      FROM generate_series(0, $5 - 1) i
    ), moments AS MATERIALIZED (
      SELECT first.performed_at,
        (SELECT count(*) FROM predictions
         WHERE performed_at = first.performed_at AND (NOT $4 OR model_id = ANY($3))) AS size
      FROM grid CROSS JOIN LATERAL (
        SELECT performed_at FROM predictions
        WHERE performed_at >= grid.start AND (performed_at < grid.next OR (i = $5 - 1 AND performed_at <= $2))
          AND (NOT $4 OR model_id = ANY($3))
        ORDER BY performed_at LIMIT 1) first
    ), numbered AS (
      SELECT performed_at, row_number() OVER (ORDER BY performed_at) - 1 AS position,
        greatest(1, ceil(sum(size) OVER () / $6::float8))::bigint AS step
      FROM moments
    )
    SELECT p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, s.id IS NOT NULL,
      s.result_jsonb -> 'value', s.success, CASE WHEN s.id IS NULL THEN p.failed_reason ELSE s.failed_reason END,
      s.scored_at, p.performed_at, p.id
    FROM numbered JOIN predictions p ON p.performed_at = numbered.performed_at
      LEFT JOIN scores s ON s.prediction_id = p.id
    WHERE numbered.position % numbered.step = 0 AND (NOT $4 OR p.model_id = ANY($3))
    ORDER BY p.performed_at, p.id COLLATE "C", s.scored_at, s.id LIMIT $6
    """

  /// The timing of the newest predictions that carry any, newest first. Looks at the newest 20,000 predictions.
  public func timings(limit: Int) async throws -> [TimingRecord] {
    try await pool.query(
      """
      SELECT id, meta_jsonb -> 'timing' FROM (
        SELECT id, meta_jsonb, performed_at FROM predictions ORDER BY performed_at DESC LIMIT 20000
      ) newest
      WHERE jsonb_typeof(meta_jsonb -> 'timing') = 'object' AND meta_jsonb -> 'timing' <> '{}'
      ORDER BY performed_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit))]
    ).map { TimingRecord(predictionID: try $0.text(0), moments: $0.stored(1)?.parsed.object ?? [:]) }
  }
}
