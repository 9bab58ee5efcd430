import Competition
import Postgres

/// A snapshot as reports show it.
public struct ReportSnapshot: Sendable {
  public var id: String
  public var modelID: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  public var predictionCount: Int64
  /// The text of its JSON.
  public var resultSummary: [UInt8]?
  public var createdAt: Timestamp
}

extension ReportStore {
  /// The newest snapshots that overlap a span of time, ascending by their creation.
  /// - Parameters:
  ///   - model: nil for those of all models.
  ///   - since: keeps those that end then or later; nil for no bound, as `until`.
  ///   - until: keeps those that start then or earlier.
  public func snapshots(
    model: String?, since: Timestamp?, until: Timestamp?, limit: Int
  ) async throws -> [ReportSnapshot] {
    try await pool.query(
      """
      SELECT * FROM (
        SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, created_at
        FROM snapshots
        WHERE ($1::text IS NULL OR model_id = $1) AND ($2::timestamptz IS NULL OR period_end >= $2)
          AND ($3::timestamptz IS NULL OR period_start <= $3)
        ORDER BY created_at DESC, id DESC LIMIT $4
      ) newest ORDER BY created_at, id
      """, [.text(model), .time(since), .time(until), .int(Int64(limit))]
    ).map { row in
      ReportSnapshot(
        id: try row.text(0), modelID: try row.text(1), periodStart: try row.timestamp(2),
        periodEnd: try row.timestamp(3), predictionCount: try row.int(4), resultSummary: row.jsonIfPresent(5),
        createdAt: try row.timestamp(6))
    }
  }

  /// Each model's newest snapshot, in order of model ids.
  /// - Parameter model: only this one; nil for all.
  public func newestSnapshots(of model: String? = nil) async throws -> [Snapshot] {
    try await pool.query(Self.newestSnapshots, [.text(model)]).map(SnapshotStore.snapshot)
  }

  static let newestSnapshots: SQL = """
    SELECT newest.* FROM models m
      CROSS JOIN LATERAL (
        SELECT id, model_id, period_start, period_end, prediction_count::bigint, coalesce(result_summary_jsonb, '{}'),
          coalesce(meta_jsonb, '{}'), created_at
        FROM snapshots WHERE model_id = m.id
        ORDER BY period_end DESC, id DESC LIMIT 1) newest
    WHERE $1::text IS NULL OR m.id = $1
    ORDER BY m.id COLLATE "C"
    """

  /// The summary of each model's newest snapshot that overlaps a range, by model.
  public func newestSummaries(of models: [String], _ range: ReportRange) async throws -> [String: JSONObject] {
    let rows = try await pool.query(
      """
      SELECT wanted.id, newest.result_summary_jsonb
      FROM unnest($1::text[]) AS wanted (id)
        CROSS JOIN LATERAL (
          SELECT result_summary_jsonb FROM snapshots
          WHERE model_id = wanted.id AND period_end >= $2 AND period_start <= $3
          ORDER BY period_end DESC, id DESC LIMIT 1) newest
      """, [.texts(models), .time(range.start), .time(range.end)])
    var summaries: [String: JSONObject] = [:]
    for row in rows { summaries[try row.text(0)] = try row.object(1) }
    return summaries
  }
}
