import Competition
import Postgres

extension ReportStore {
  /// Models by id, a page of them.
  public func models(limit: Int, offset: Int) async throws -> [Model] {
    try await pool.query(
      """
      SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models
      ORDER BY id COLLATE "C" LIMIT $1 OFFSET $2
      """, [.int(Int64(limit)), .int(Int64(offset))]
    ).map { row in
      Model(
        id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
        deploymentIdentifier: try row.text(4), createdAt: try row.calendarTime(5))
    }
  }
}
