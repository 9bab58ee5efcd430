import Competition
import Postgres

/// Table `models`.
public struct ModelStore: Sendable {
  let pool: PostgresPool

  public func all() async throws -> [Model] {
    try await pool.query(Self.all).map(Self.model)
  }

  static let all: SQL = """
    SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models ORDER BY id
    """

  /// Models of participants that have a record of a prediction since a time, were they asked or away.
  public func known(since time: Timestamp) async throws -> [String] {
    try await pool.query(Self.known, [.time(time)]).map { try $0.text(0) }.filter { !EnsembleName.isVirtual($0) }
  }

  static let known: SQL = """
    SELECT id FROM models m WHERE EXISTS (SELECT FROM predictions WHERE model_id = m.id AND performed_at >= $1)
    """

  static func model(_ row: PostgresRow) throws -> Model {
    Model(
      id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
      deploymentIdentifier: try row.text(4), createdAt: try row.timestamp(5))
  }

  public func upsert(_ models: [Model]) async throws { try await pool.pipeline([Self.upsert(models)]) }

  /// A model keeps the time at which it was first seen. An unchanged row is neither written again nor locked, since this is
  /// on the way of every slot.
  static func upsert(_ models: [Model]) -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO models AS known
        (id, name, deployment_identifier, player_id, player_name, created_at, updated_at)
      SELECT * FROM (
        SELECT DISTINCT ON (id) id, name, deployment, player_id, player_name, created_at, now()
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
          AS m (id, name, deployment, player_id, player_name, created_at)
        WHERE NOT EXISTS (
          SELECT 1 FROM models same
          WHERE same.id = m.id AND (same.name, same.deployment_identifier, same.player_id, same.player_name)
            IS NOT DISTINCT FROM (m.name, m.deployment, m.player_id, m.player_name))
        ORDER BY id) fresh
      ON CONFLICT (id) DO UPDATE
      SET name = excluded.name, deployment_identifier = excluded.deployment_identifier,
        player_id = excluded.player_id, player_name = excluded.player_name, updated_at = now()
      WHERE (known.name, known.deployment_identifier, known.player_id, known.player_name)
        IS DISTINCT FROM (excluded.name, excluded.deployment_identifier, excluded.player_id, excluded.player_name)
      """,
      [
        .texts(models.map(\.id)), .texts(models.map(\.name)), .texts(models.map(\.deploymentIdentifier)),
        .texts(models.map(\.playerID)), .texts(models.map(\.playerName)), .times(models.map(\.createdAt)),
      ])
  }
}
