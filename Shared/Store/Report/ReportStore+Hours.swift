import Competition
import Postgres

extension ReportStore {
  /// Sums of the valid scores of hours, per model and scope key.
  func hourSums(_ hours: ClosedRange<Int64>) async throws -> [ScoreHourSum] {
    let range = HourPlan.range(hours)
    return try await pool.query(Self.hourSums, [.time(range.start), .time(range.end)]).map { row in
      ScoreHourSum(
        hour: try row.int(0), modelID: try row.text(1), scopeKey: try row.text(2), count: try row.int(3),
        sum: try row.doubleIfPresent(4) ?? 0, earliest: try row.calendarTime(5), newest: try row.calendarTime(6),
        unfinished: try row.int(7))
    }
  }

  /// The same expression of a score's number as `scoreBands`. Each prediction's scores are looked up by themselves (that is what
  /// OFFSET 0 says): a plan for any hours would rather read all scores there are.
  static let hourSums: SQL = #"""
    WITH answers AS (
      SELECT p.model_id, p.scope_key, p.performed_at, p.status = 'PENDING' AS is_open,
        CASE WHEN s.success IS NOT FALSE THEN s.result_jsonb -> 'value' END AS value
      FROM predictions p
        LEFT JOIN LATERAL (SELECT success, result_jsonb FROM scores WHERE prediction_id = p.id OFFSET 0) s ON true
      WHERE p.performed_at BETWEEN $1 AND $2
    ), numbers AS (
      SELECT model_id, scope_key, performed_at, is_open,
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
      SELECT model_id, scope_key, performed_at, is_open,
        CASE
          WHEN abs(number) < 1e-290 THEN 0
          WHEN abs(number) < 1.797693134862315e308 THEN number::double precision / 1073741824
        END AS number
      FROM numbers
    )
    SELECT floor(extract(epoch FROM performed_at) / 3600)::bigint, model_id, scope_key, count(number), sum(number),
      min(performed_at), max(performed_at), count(*) FILTER (WHERE is_open)
    FROM scaled GROUP BY 1, 2, 3
    """#

  /// Sums of the valid scores of a range by the bands that thresholds part it into.
  func bandSums(
    _ range: ReportRange, _ models: ReportModels, _ thresholds: [Timestamp], byScope: Bool, includesEnsembles: Bool
  ) async throws -> [(band: Int, sum: ScoreHourSum)] {
    try await pool.query(
      Self.scoreBands,
      [.time(range.start), .time(range.end)] + PostgresParameter.models(models) + [
        .times(thresholds), .bool(byScope), .bool(includesEnsembles),
      ]
    ).map { row in
      (
        Int(try row.int(2)),
        ScoreHourSum(
          modelID: try row.text(0), scopeKey: row.textIfPresent(1), count: try row.int(3),
          sum: try row.doubleIfPresent(4) ?? 0, earliest: try row.calendarTime(5), newest: try row.calendarTime(6))
      )
    }
  }

  /// The means of a table's windows, in the order of the first predictions.
  func finished(_ table: WindowTable, byScope: Bool) async throws -> [ScoreWindows] {
    byScope ? try await withScopes(table.windows) : table.windows
  }
}
