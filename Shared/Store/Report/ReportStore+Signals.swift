import Competition
import Postgres

/// What a virtual model said at one moment.
public struct EnsembleSignal: Sendable {
  public var modelID: String
  public var signal: StoredJSON?
  public var performedAt: Timestamp
  public var scope: StoredJSON?
  public var scopeKey: String
  /// How much each member counted.
  public var weights: StoredJSON?
  public var inputID: String
}

extension ReportStore {
  /// The newest scored predictions of an ensemble, newest first.
  /// - Parameter since: only those from then on; nil for no bound.
  public func signals(of ensemble: String, since: Timestamp?, limit: Int) async throws -> [EnsembleSignal] {
    try await pool.query(
      """
      SELECT p.inference_output_jsonb, p.performed_at, p.scope_jsonb, p.scope_key, p.meta_jsonb -> 'weights', p.input_id,
        p.model_id
      FROM models m CROSS JOIN LATERAL (
        SELECT * FROM predictions
        WHERE model_id = m.id AND status = 'SCORED' AND performed_at >= coalesce($2::timestamptz, '-infinity')
        ORDER BY performed_at DESC, id DESC LIMIT $3) p
      WHERE m.id = ANY($1)
      ORDER BY p.performed_at DESC, p.id DESC LIMIT $3
      """, [.texts(EnsembleName.modelIDs(shownAs: ensemble)), .time(since), .int(Int64(limit))]
    ).map { row in
      EnsembleSignal(
        modelID: try row.text(6), signal: row.stored(0), performedAt: try row.calendarTime(1), scope: row.stored(2),
        scopeKey: try row.text(3), weights: row.stored(4), inputID: try row.text(5))
    }
  }
}
