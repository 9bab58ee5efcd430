import Competition
import Postgres

extension ReportStore {
  /// Predictions that are looked through for those that fit, from the newest on.
  public static let mostLookedThrough = 20_000

  /// The newest predictions that fit, newest first, or those before a cursor.
  public func newestPredictions(
    _ filter: PredictionFilter, before cursor: ReportCursor? = nil, limit: Int
  ) async throws -> [ListedPrediction] {
    let rest: [PostgresParameter] = [
      .text(filter.scopeKey), .text(filter.status?.rawValue), .time(cursor?.time), .text(cursor?.id),
      .int(Int64(Self.mostLookedThrough)), .int(Int64(limit)),
    ]
    let rows =
      if let model = filter.model {
        try await pool.query(Self.newestOfModel, rest + [.text(model)])
      } else {
        try await pool.query(Self.newestOfAll, rest)
      }
    return try rows.map { row in
      ListedPrediction(
        id: try row.text(0), modelID: try row.text(1), modelName: try row.text(2), scopeKey: try row.text(3),
        status: try row.text(4), reason: row.textIfPresent(5), executionMilliseconds: try row.double(6),
        output: row.stored(7), scoreValue: row.stored(8), performedAt: try row.calendarTime(9))
    }
  }

  static let newestOfAll: SQL = """
    SELECT p.id, p.model_id, m.name, p.scope_key, p.status, coalesce(s.failed_reason, p.failed_reason), p.exec_time_ms,
      p.inference_output_jsonb, s.result_jsonb -> 'value', p.performed_at
    FROM (
      SELECT * FROM (
        SELECT * FROM predictions
        WHERE ($3::timestamptz IS NULL OR performed_at < $3 OR (performed_at = $3 AND id COLLATE "C" < $4))
          AND performed_at <= coalesce($3, 'infinity')
        ORDER BY performed_at DESC, id COLLATE "C" DESC LIMIT $5) newest
      WHERE ($1::text IS NULL OR scope_key = $1) AND ($2::text IS NULL OR status = $2)
      ORDER BY performed_at DESC, id COLLATE "C" DESC LIMIT $6) p
      JOIN models m ON m.id = p.model_id LEFT JOIN LATERAL (
        SELECT failed_reason, result_jsonb FROM scores WHERE prediction_id = p.id ORDER BY scored_at DESC, id DESC LIMIT 1
      ) s ON true
    ORDER BY p.performed_at DESC, p.id COLLATE "C" DESC
    """

  static let newestOfModel: SQL = """
    SELECT p.id, p.model_id, m.name, p.scope_key, p.status, coalesce(s.failed_reason, p.failed_reason), p.exec_time_ms,
      p.inference_output_jsonb, s.result_jsonb -> 'value', p.performed_at
    FROM (
      SELECT * FROM (
        SELECT * FROM predictions
        WHERE model_id = $7
          AND ($3::timestamptz IS NULL OR performed_at < $3 OR (performed_at = $3 AND id COLLATE "C" < $4))
          AND performed_at <= coalesce($3, 'infinity')
        ORDER BY performed_at DESC, id COLLATE "C" DESC LIMIT $5) newest
      WHERE ($1::text IS NULL OR scope_key = $1) AND ($2::text IS NULL OR status = $2)
      ORDER BY performed_at DESC, id COLLATE "C" DESC LIMIT $6) p
      JOIN models m ON m.id = p.model_id LEFT JOIN LATERAL (
        SELECT failed_reason, result_jsonb FROM scores WHERE prediction_id = p.id ORDER BY scored_at DESC, id DESC LIMIT 1
      ) s ON true
    ORDER BY p.performed_at DESC, p.id COLLATE "C" DESC
    """

  /// Why the newest predictions of a model failed, the most frequent reason first.
  /// - Parameter limit: how many predictions are looked at.
  public func failures(of model: String, among limit: Int) async throws -> [FailureCount] {
    try await pool.query(Self.failures, [.text(model), .int(Int64(limit))]).map { row in
      FailureCount(reason: try row.text(0), count: Int(try row.int(1)), newest: try row.calendarTime(2))
    }
  }

  static let failures: SQL = """
    SELECT coalesce(s.failed_reason, p.failed_reason, 'no reason is kept'), count(*), max(p.performed_at)
    FROM (
      SELECT id, status, failed_reason, performed_at FROM predictions WHERE model_id = $1
      ORDER BY performed_at DESC LIMIT $2) p
      LEFT JOIN LATERAL (
        SELECT success, failed_reason FROM scores WHERE prediction_id = p.id ORDER BY scored_at DESC, id DESC LIMIT 1
      ) s ON true
    WHERE p.status = 'FAILED' OR s.success IS FALSE
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
    """

  /// One model's snapshots of a range, ascending by the end of their period: the last one of each of so many equal parts.
  public func course(of model: String, _ range: ReportRange, cells: Int) async throws -> [ReportSnapshot] {
    try await pool.query(
      Self.course, [.text(model), .time(range.start), .time(range.end), .int(Int64(cells))]
    ).map(ReportSnapshot.init)
  }

  static let course: SQL = """
    SELECT s.* FROM generate_series(0, $4 - 1) i CROSS JOIN LATERAL (
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, created_at
      FROM snapshots
      WHERE model_id = $1 AND period_end > $2::timestamptz + i * ($3::timestamptz - $2::timestamptz) / $4::float8
        AND period_end <= $2::timestamptz + (i + 1) * ($3::timestamptz - $2::timestamptz) / $4::float8
      ORDER BY period_end DESC LIMIT 1) s
    ORDER BY s.period_end
    """

  public func model(id: String) async throws -> Model? {
    try await pool.query(
      "SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models WHERE id = $1",
      [.text(id)]
    ).first.map { row in
      Model(
        id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
        deploymentIdentifier: try row.text(4), createdAt: try row.calendarTime(5))
    }
  }

  /// The newest records of a feed, ascending by time, whatever tool wrote them: what is no object has no values.
  public func newestRecords(of key: FeedKey, limit: Int) async throws -> [FeedRecord] {
    try await pool.query(
      """
      SELECT ts_event, ts_ingested, values_jsonb, meta_jsonb FROM feed_records
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4
      ORDER BY ts_event DESC LIMIT $5
      """,
      [.text(key.source), .text(key.subject), .text(key.kind.rawValue), .text(key.granularity), .int(Int64(limit))]
    ).reversed().map { row in
      FeedRecord(
        key: key, eventTime: try row.calendarTime(0), ingestedTime: try row.calendarTime(1),
        values: row.stored(2)?.parsed.object ?? [:], meta: row.stored(3)?.parsed.object ?? [:])
    }
  }

  /// What was given up, and how the stages do.
  public var overview: OverviewStore { OverviewStore(pool: pool) }
  public var deadLetters: DeadLetterStore { DeadLetterStore(pool: pool) }
}
