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
}
