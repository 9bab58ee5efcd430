import Competition
import Postgres

extension ReportStore {
  /// Means of the valid scores of a range, per model, or per model and scope key, in the order of their first prediction.
  /// A score is valid when it did not fail and its value reads as a finite number. Models without one are left out.
  /// - Parameter cutOffs: when each window starts; all of them end with the range.
  public func windows(
    _ range: ReportRange, _ models: ReportModels, cutOffs: [Timestamp], byScope: Bool, includesEnsembles: Bool
  ) async throws -> [ScoreWindows] {
    var table = WindowTable(cutOffs: cutOffs)
    let rows = try await bandSums(
      range, models, table.thresholds, byScope: byScope, includesEnsembles: includesEnsembles)
    for row in rows { table.add(row.sum, band: row.band, byScope: byScope) }
    return try await finished(table, byScope: byScope)
  }

  /// Band n holds what was performed from the nth threshold on, and before the next one.
  static let scoreBands: SQL = #"""
    WITH answers AS (
      SELECT p.model_id, CASE WHEN $6 THEN p.scope_key END AS scope_key, p.performed_at,
        CASE WHEN s.success IS NOT FALSE THEN s.result_jsonb -> 'value' END AS value
      FROM predictions p LEFT JOIN scores s ON s.prediction_id = p.id
      WHERE p.performed_at BETWEEN $1 AND $2 AND (NOT $4 OR p.model_id = ANY($3))
        AND ($7 OR NOT starts_with(p.model_id, '__ensemble_'))
    ), numbers AS (
      SELECT model_id, scope_key, performed_at,
        CASE jsonb_typeof(value)
          WHEN 'number' THEN value::numeric
          WHEN 'boolean' THEN value::boolean::integer::numeric
          WHEN 'string' THEN
            CASE WHEN length(value #>> '{}') <= 400
                AND value #>> '{}' ~ '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$'
              THEN (value #>> '{}')::numeric END
        END AS number
      FROM answers
    ), scaled AS (
      SELECT model_id, scope_key, performed_at,
        CASE
          WHEN abs(number) < 1e-290 THEN 0
          WHEN abs(number) < 1.797693134862315e308 THEN number::double precision / 1073741824
        END AS number
      FROM numbers
    )
    SELECT model_id, scope_key, width_bucket(performed_at, $5)::bigint, count(number), sum(number),
      min(performed_at), max(performed_at)
    FROM scaled GROUP BY 1, 2, 3
    """#

  func withScopes(_ windows: [ScoreWindows]) async throws -> [ScoreWindows] {
    let rows = try await pool.query(
      """
      SELECT wanted.place, p.scope_jsonb
      FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY
          AS wanted (model_id, scope_key, performed_at, place)
        CROSS JOIN LATERAL (
          SELECT scope_jsonb FROM predictions
          WHERE performed_at = wanted.performed_at AND model_id = wanted.model_id AND scope_key = wanted.scope_key
          ORDER BY id DESC LIMIT 1) p
      """,
      [.texts(windows.map(\.modelID)), .texts(windows.map(\.scopeKey)), .times(windows.map(\.newest))])
    var windows = windows
    for row in rows { windows[Int(try row.int(0)) - 1].scope = row.stored(1) }
    return windows
  }
}
