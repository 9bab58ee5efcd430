import Postgres

/// Makes a database of the Python original ours, in place and with all its rows (decision 29): its tables get the shape that the
/// first step makes, the other steps follow, and what the original left open is settled. One transaction does all of it, so
/// that a failure leaves the database as it was.
enum Adoption {
  /// Whoever still works on the tables holds them; so long that is waited for.
  static let prelude = """
    SET LOCAL TimeZone = 'UTC'; SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = 0;
    SET LOCAL client_min_messages = warning;
    """

  /// Rows that keys of ours do not allow. None of them is changed or left out by us: whoever knows the data decides.
  static func conflicts(_ connection: isolated PostgresConnection) throws(PostgresError) -> [String] {
    var conflicts: [String] = []
    for (what, sql) in checks {
      let row = try connection.query(sql)[0]
      if let example = row.textIfPresent(1) { conflicts.append("\(try row.int(0)) \(what), such as \(example)") }
    }
    return conflicts
  }

  private static let checks: [(String, SQL)] = [
    (
      "feed records of the same feed and time",
      """
      SELECT count(*), min(concat_ws(' ', source, subject, kind, granularity, ts_event)) FROM (
        SELECT source, subject, kind, granularity, ts_event FROM feed_records GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
      ) twice
      """
    ),
    (
      "watermarks of the same feed",
      """
      SELECT count(*), min(concat_ws(' ', source, subject, kind, granularity)) FROM (
        SELECT source, subject, kind, granularity FROM feed_ingestion_state GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) twice
      """
    ),
    (
      "rows without a value that they need",
      """
      SELECT count(*), min(id) FROM (
        SELECT 'prediction ' || id AS id FROM predictions
          WHERE num_nulls(input_id, model_id, scope_key, status, performed_at, exec_time_ms) > 0
        UNION ALL SELECT 'score ' || id FROM scores WHERE num_nulls(prediction_id, scored_at) > 0
        UNION ALL SELECT 'snapshot ' || id FROM snapshots
          WHERE num_nulls(model_id, period_start, period_end, prediction_count, created_at) > 0
        UNION ALL SELECT 'checkpoint ' || id FROM checkpoints
          WHERE num_nulls(period_start, period_end, status, created_at) > 0
        UNION ALL SELECT 'input ' || id FROM inputs WHERE received_at IS NULL
        UNION ALL SELECT 'leaderboard ' || id FROM leaderboards WHERE created_at IS NULL
        UNION ALL SELECT 'feed record ' || id FROM feed_records
          WHERE num_nulls(source, subject, kind, granularity, ts_event) > 0
        UNION ALL SELECT 'watermark ' || id FROM feed_ingestion_state
          WHERE num_nulls(source, subject, kind, granularity) > 0
        UNION ALL SELECT 'config ' || id FROM scheduled_prediction_configs
          WHERE num_nulls(scope_key, active, "order") > 0) incomplete
      """
    ),
  ]
}
