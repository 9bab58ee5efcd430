import Postgres

/// Table `leases`: duties that one process at a time has. Time is PostgreSQL's.
public struct LeaseStore: Sendable {
  let pool: PostgresPool

  /// Takes the lease, or renews it when it is ours. Answers whether we hold it now.
  public func acquire(name: String, holder: String, seconds: Int) async throws -> Bool {
    try await pool.query(
      """
      INSERT INTO leases AS lease (name, holder, expires_at)
      VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 second')
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
      WHERE lease.holder = excluded.holder OR lease.expires_at < clock_timestamp()
      RETURNING holder
      """, [.text(name), .text(holder), .double(Double(seconds))]
    ).count == 1
  }

  /// Who holds the lease now; nil when nobody does.
  public func holder(of name: String) async throws -> String? {
    try await pool.query(
      "SELECT holder FROM leases WHERE name = $1 AND expires_at >= clock_timestamp()", [.text(name)]
    ).first?.text(0)
  }

  /// Lets go, so that the next one need not wait.
  public func release(name: String, holder: String) async throws {
    try await pool.query("DELETE FROM leases WHERE name = $1 AND holder = $2", [.text(name), .text(holder)])
  }
}
