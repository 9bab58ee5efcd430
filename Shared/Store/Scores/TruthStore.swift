import Competition
import Postgres

/// Table `ground_truths`; an input's `status` and `actuals_jsonb` follow it for readers of the original's columns.
public struct TruthStore: Sendable {
  let pool: PostgresPool

  public func load(_ keys: [TaskKey]) async throws -> [GroundTruth] {
    guard !keys.isEmpty else { return [] }
    return try await pool.query(Self.select, Self.parameters(keys)).map(Self.truth)
  }

  /// Stores truths and answers them as they are stored: where another worker was first, its truth holds.
  public func save(_ truths: [GroundTruth]) async throws -> [GroundTruth] {
    guard !truths.isEmpty else { return [] }
    // In one order everywhere, so that two workers that store the same truths don't wait for each other in a ring.
    let truths = truths.sorted { ($0.inputID, $0.scopeKey) < ($1.inputID, $1.scopeKey) }
    let keys = truths.map { TaskKey(inputID: $0.inputID, scopeKey: $0.scopeKey) }
    let values = try PostgresParameter.jsons(truths.map(\.value))
    let rows = try await pool.pipeline([
      PostgresQuery(Self.leaveFlushToScores),
      PostgresQuery(
        """
        INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest, resolved_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::timestamptz[])
        ON CONFLICT DO NOTHING
        """,
        Self.parameters(keys) + [values, .texts(truths.map(\.recordsDigest)), .times(truths.map(\.resolvedAt))]),
      PostgresQuery(
        """
        UPDATE inputs i SET status = 'RESOLVED', actuals_jsonb = t.truth
        FROM (
          SELECT DISTINCT ON (input_id) input_id, truth
          FROM unnest($1::text[], $2::jsonb[]) WITH ORDINALITY AS t (input_id, truth, position)
          ORDER BY input_id, position) t
        WHERE i.id = t.input_id AND i.actuals_jsonb IS NULL
        """, [.texts(keys.map(\.inputID)), values]),
      PostgresQuery(Self.select, Self.parameters(keys)),
    ])
    return try rows[3].map(Self.truth)
  }

  /// Nobody waits for the disk here: the log is written in order, so that scores that rest on a truth are not durable
  /// before it is. What a crash of the server takes of truths without scores follows from the feed once more.
  private static let leaveFlushToScores: SQL = "SELECT set_config('synchronous_commit', 'off', true)"

  private static let select: SQL = """
    SELECT t.input_id, t.scope_key, t.truth_jsonb, t.records_digest, t.resolved_at
    FROM unnest($1::text[], $2::text[]) AS k (input_id, scope_key)
    JOIN ground_truths t ON t.input_id = k.input_id AND t.scope_key = k.scope_key
    """

  private static func parameters(_ keys: [TaskKey]) -> [PostgresParameter] {
    [.texts(keys.map(\.inputID)), .texts(keys.map(\.scopeKey))]
  }

  private static func truth(_ row: PostgresRow) throws -> GroundTruth {
    GroundTruth(
      inputID: try row.text(0), scopeKey: try row.text(1), value: try row.object(2), recordsDigest: try row.text(3),
      resolvedAt: try row.timestamp(4))
  }
}
