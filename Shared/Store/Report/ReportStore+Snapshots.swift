import Competition
import Postgres

/// A snapshot as reports show it.
public struct ReportSnapshot: Sendable {
  public var id: String
  public var modelID: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  public var predictionCount: Int64
  public var resultSummary: StoredJSON?
  public var createdAt: Timestamp

  init(_ row: PostgresRow) throws(PostgresError) { try self.init(row, createdAt: 6) }

  /// - Parameter column: that of `created_at`.
  init(_ row: PostgresRow, createdAt column: Int) throws(PostgresError) {
    id = try row.text(0)
    modelID = try row.text(1)
    periodStart = try row.calendarTime(2)
    periodEnd = try row.calendarTime(3)
    predictionCount = try row.int(4)
    resultSummary = row.stored(5)
    createdAt = try row.calendarTime(column)
  }

  /// The domain's value, for what is computed from snapshots.
  public var snapshot: Snapshot {
    Snapshot(
      id: id, modelID: modelID, periodStart: periodStart, periodEnd: periodEnd, predictionCount: Int(predictionCount),
      resultSummary: resultSummary?.parsed.object ?? [:], createdAt: createdAt)
  }
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
    ).map(ReportSnapshot.init)
  }

  /// The newest snapshots of virtual models that overlap a span of time, ascending by the end of their period.
  /// - Parameter ensemble: the name of one; nil for all.
  public func ensembleSnapshots(
    ensemble: String?, since: Timestamp?, until: Timestamp?, limit: Int
  ) async throws -> [ReportSnapshot] {
    try await pool.query(
      Self.ensembleSnapshots,
      [
        .texts(ensemble.map(EnsembleName.modelIDs(shownAs:)) ?? []), .bool(ensemble == nil), .time(since), .time(until),
        .int(Int64(limit)),
      ]
    ).map(ReportSnapshot.init)
  }

  static let ensembleSnapshots: SQL = """
    WITH RECURSIVE known AS (
      (SELECT model_id FROM snapshots ORDER BY model_id LIMIT 1)
      UNION ALL
      SELECT next.model_id FROM known CROSS JOIN LATERAL (
        SELECT model_id FROM snapshots WHERE model_id > known.model_id ORDER BY model_id LIMIT 1) next
    )
    SELECT * FROM (
      SELECT newest.* FROM known e CROSS JOIN LATERAL (
        SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, created_at
        FROM snapshots
        WHERE model_id = e.model_id AND ($3::timestamptz IS NULL OR period_end >= $3)
          AND ($4::timestamptz IS NULL OR period_start <= $4)
        ORDER BY period_end DESC, id DESC LIMIT $5) newest
      WHERE starts_with(e.model_id, '__ensemble_') AND ($2 OR e.model_id = ANY($1))
      ORDER BY period_end DESC, id DESC LIMIT $5
    ) newest ORDER BY period_end, id
    """

  /// Each model's newest snapshot, in order of model ids.
  /// - Parameters:
  ///   - range: only snapshots that overlap it; nil for any.
  ///   - models: only of these.
  public func newestSnapshots(
    of models: ReportModels, overlapping range: ReportRange? = nil, limit: Int
  ) async throws -> [ReportSnapshot] {
    try await pool.query(
      Self.newestSnapshots,
      PostgresParameter.models(models) + [.time(range?.start), .time(range?.end), .int(Int64(limit))]
    ).map(ReportSnapshot.init)
  }

  /// Walks from model to model in the index, so that those without a row of their own are among them.
  static let newestSnapshots: SQL = """
    WITH RECURSIVE known AS (
      (SELECT model_id FROM snapshots ORDER BY model_id LIMIT 1)
      UNION ALL
      SELECT next.model_id FROM known CROSS JOIN LATERAL (
        SELECT model_id FROM snapshots WHERE model_id > known.model_id ORDER BY model_id LIMIT 1) next
    ), wanted AS (
      SELECT unnest($1::text[]) AS model_id WHERE $2
      UNION
      SELECT model_id FROM known WHERE NOT $2
    )
    SELECT newest.* FROM wanted CROSS JOIN LATERAL (
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, created_at
      FROM snapshots
      WHERE model_id = wanted.model_id AND ($3::timestamptz IS NULL OR period_end >= $3)
        AND ($4::timestamptz IS NULL OR period_start <= $4)
      ORDER BY period_end DESC, created_at DESC, id DESC LIMIT 1) newest
    ORDER BY newest.model_id COLLATE "C" LIMIT $5
    """
}
