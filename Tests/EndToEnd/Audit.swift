import Postgres
import Store

/// Looks in PostgreSQL for what must never be there.
enum Audit {
  private struct Check {
    var finding: String
    /// Counts the rows that should not be, and names one of them.
    var sql: SQL
  }

  private static let checks = [
    Check(
      finding: "a model that was to be asked has no prediction",
      sql: """
        SELECT count(*), min(concat_ws(' ', s.input_id, s.scope_key, m.id)) FROM prediction_slots s CROSS JOIN unnest(s.model_ids) AS m (id)
        LEFT JOIN predictions p ON (p.input_id, p.scope_key, p.model_id) = (s.input_id, s.scope_key, m.id)
        WHERE p.id IS NULL
        """),
    Check(
      finding: "a prediction has no end", sql: "SELECT count(*), min(id) FROM predictions WHERE status = 'PENDING'"),
    Check(
      finding: "a prediction failed without a reason",
      sql: "SELECT count(*), min(id) FROM predictions WHERE status = 'FAILED' AND coalesce(failed_reason, '') = ''"),
    Check(
      finding: "a model has two predictions of one input and scope key",
      sql: """
        SELECT count(*), min(input_id) FROM (
          SELECT input_id FROM predictions GROUP BY input_id, scope_key, model_id HAVING count(*) > 1) doubled
        """),
    Check(
      finding: "a prediction is SCORED and has not one score, or is not and has one",
      sql: """
        SELECT count(*), min(id) FROM predictions p
        WHERE (SELECT count(*) FROM scores s WHERE s.prediction_id = p.id) <> (p.status = 'SCORED')::int
        """),
    Check(
      finding: "a sealed snapshot does not count the scores of its bucket",
      sql: """
        SELECT count(*), min(id) FROM snapshots n
        WHERE NOT n.provisional AND n.prediction_count <> (
          SELECT count(*) FROM scores s JOIN predictions p ON p.id = s.prediction_id
          WHERE p.model_id = n.model_id AND s.period_start = n.period_start AND s.success)
        """),
    Check(
      finding: "checkpoints leave a gap or overlap",
      sql: """
        SELECT count(*), min(id) FROM (
          SELECT id, period_start, lag(period_end) OVER (ORDER BY period_end) AS previous FROM checkpoints) c
        WHERE period_start <> previous
        """),
    Check(
      finding: "a checkpoint with a ranking does not pay out exactly everything",
      sql: """
        SELECT count(*), min(id) FROM checkpoints c, jsonb_array_elements(c.entries_jsonb) entry
        WHERE jsonb_array_length(entry -> 'cruncher_rewards') > 0 AND 1000000000 <>
          (SELECT sum((reward ->> 'reward_pct')::bigint) FROM jsonb_array_elements(entry -> 'cruncher_rewards') reward)
        """),
  ]

  /// What is wrong; empty when all is well.
  static func findings(_ store: Store) async throws -> [String] {
    var findings: [String] = []
    for check in checks {
      let row = try await store.pool.query(check.sql)[0]
      if try row.int(0) > 0 { findings.append("\(check.finding): \(try row.int(0)), such as \(try row.text(1))") }
    }
    return findings
  }
}
