import Competition
import Postgres

/// A prediction with what it was scored against and the score that it got.
public struct ScoredSample: Sendable, Hashable {
  public var predictionID: String
  public var modelID: String
  public var key: TaskKey
  public var scope: JSONObject
  public var performedAt: Timestamp
  public var resolvableAt: Timestamp
  public var output: JSONObject
  public var truth: JSONObject
  /// The stored result.
  public var result: JSONObject
}

extension ScoreStore {
  /// The newest predictions that have a score, whatever it says, the newest first.
  public func newestSamples(limit: Int) async throws -> [ScoredSample] {
    try await pool.query(Self.newestSamples, [.int(Int64(limit))]).map { row in
      ScoredSample(
        predictionID: try row.text(0), modelID: try row.text(1),
        key: TaskKey(inputID: try row.text(2), scopeKey: try row.text(3)), scope: try row.object(4),
        performedAt: try row.timestamp(8), resolvableAt: try row.timestamp(9), output: try row.object(5),
        truth: try row.object(6), result: try row.object(7))
    }
  }

  /// Reads the index of times from its end and stops at the limit.
  static let newestSamples: SQL = """
    SELECT p.id, p.model_id, p.input_id, p.scope_key, coalesce(p.scope_jsonb, '{}'),
      coalesce(p.inference_output_jsonb, '{}'), t.truth_jsonb, coalesce(s.result_jsonb, '{}'), p.performed_at,
      coalesce(p.resolvable_at, p.performed_at)
    FROM predictions p
    JOIN scores s ON s.prediction_id = p.id
    JOIN ground_truths t ON t.input_id = p.input_id AND t.scope_key = p.scope_key
    WHERE p.status = 'SCORED'
    ORDER BY p.performed_at DESC, p.id COLLATE "C" LIMIT $1
    """
}
