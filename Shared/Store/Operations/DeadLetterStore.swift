import Competition
import Postgres

/// Table `dead_letters`: entries that could not be handled, kept where FLUSHALL does not reach.
public struct DeadLetterStore: Sendable {
  let pool: PostgresPool

  /// - Parameters:
  ///   - kind: what failed, as `decoding` or `scoring`.
  ///   - payload: the entry's fields.
  public func record(
    stream: String, entryID: String, kind: String, cause: String, payload: JSONObject, deliveries: Int, worker: String
  ) async throws {
    try await pool.query(
      """
      INSERT INTO dead_letters (stream, entry_id, kind, cause, payload_jsonb, deliveries, worker)
      VALUES ($1, $2, $3, $4, $5, $6::bigint, $7)
      """,
      [
        .text(stream), .text(entryID), .text(kind), .text(cause), try .json(payload), .int(Int64(deliveries)),
        .text(worker),
      ])
  }

  /// Those that nobody resolved yet, the newest first.
  public func list(limit: Int) async throws -> [DeadLetter] {
    try await pool.query(
      """
      SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries, worker, created_at
      FROM dead_letters WHERE resolved_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit))]
    ).map { row in
      DeadLetter(
        id: try row.int(0), stream: try row.text(1), entryID: try row.text(2), kind: try row.text(3),
        cause: try row.text(4), payload: try row.object(5), deliveries: Int(try row.int(6)), worker: try row.text(7),
        createdAt: try row.timestamp(8))
    }
  }
}
