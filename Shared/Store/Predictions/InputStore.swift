import Competition
import Postgres

/// Table `inputs`.
public struct InputStore: Sendable {
  let pool: PostgresPool

  public func load(ids: [String]) async throws -> [Input] {
    try await pool.query(
      "SELECT id, raw_data_jsonb, received_at FROM inputs WHERE id = ANY($1)", [.texts(ids)]
    ).map { Input(id: try $0.text(0), rawData: try $0.object(1), receivedAt: try $0.timestamp(2)) }
  }
}
