import Competition
import Postgres

/// What PostgreSQL says of itself, for those who look for the cause of trouble.
public struct ServerStore: Sendable {
  let pool: PostgresPool

  public struct Facts: Sendable, Hashable {
    /// As PostgreSQL counts: 160004 is 16.4.
    public var versionNumber: Int
    public var version: String
    public var databaseBytes: Int64
    public var connections: Int
    public var maximumConnections: Int
    /// Whether it takes no writes: a standby, or a disk that is full.
    public var isReadOnly: Bool
    /// `synchronous_commit`, `fsync`: whether a commit survives a loss of power.
    public var isDurable: Bool
  }

  public func facts() async throws -> Facts {
    let row = try await pool.query(
      """
      SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity),
        current_setting('max_connections')::int,
        pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on',
        current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'
      """)[0]
    return Facts(
      versionNumber: Int(try row.int(0)), version: try row.text(1), databaseBytes: try row.int(2),
      connections: Int(try row.int(3)), maximumConnections: Int(try row.int(4)), isReadOnly: try row.bool(5),
      isDurable: try row.bool(6))
  }

  /// Runs a script that makes roles and gives them rights, and then sets their passwords.
  /// - Parameter passwords: by role.
  public func grant(_ script: String, passwords: [String: String]) async throws {
    try await pool.withConnection { try await $0.script(script) }
    try await pool.transaction { connection in
      for (role, password) in passwords.sorted(by: { $0.key < $1.key }) {
        // ALTER ROLE takes no parameters. What is set here ends with the transaction.
        try connection.query(
          "SELECT set_config('coordinator.role', $1, true), set_config('coordinator.password', $2, true)",
          [.text(role), .text(password)])
        try connection.query(
          """
          DO $$ BEGIN
            EXECUTE format(
              'ALTER ROLE %I PASSWORD %L', current_setting('coordinator.role'), current_setting('coordinator.password'));
          END $$
          """)
      }
    }
  }

  /// How the predictions of one model ended lately.
  public struct Endings: Sendable, Hashable {
    public var modelID: String
    public var name: String
    public var predictions: Int
    public var failed: Int
    public var absent: Int
    /// Why the newest of those that failed did.
    public var newestReason: String?
  }

  /// What became of each model's predictions of the last seconds, by model id. Ensembles are left out.
  public func endings(seconds: Int) async throws -> [Endings] {
    try await pool.query(Self.endings, [.double(Double(seconds))]).map { row in
      Endings(
        modelID: try row.text(0), name: try row.text(1), predictions: Int(try row.int(2)),
        failed: Int(try row.int(3)), absent: Int(try row.int(4)), newestReason: row.textIfPresent(5))
    }
  }

  static let endings: SQL = """
    SELECT p.model_id, coalesce(max(m.name), p.model_id), count(*), count(*) FILTER (WHERE p.status = 'FAILED'),
      count(*) FILTER (WHERE p.status = 'ABSENT'),
      (array_agg(p.failed_reason ORDER BY p.performed_at DESC) FILTER (WHERE p.status = 'FAILED'))[1]
    FROM predictions p LEFT JOIN models m ON m.id = p.model_id
    WHERE p.performed_at > now() - $1 * interval '1 second' AND p.model_id NOT LIKE '\\_\\_ensemble\\_%'
    GROUP BY p.model_id ORDER BY p.model_id COLLATE "C" LIMIT 10000
    """
}

extension Store {
  public var server: ServerStore { ServerStore(pool: pool) }
}
