import Postgres

/// Brings the schema to the version of this build, and says where it stands.
public struct Migrator: Sendable {
  let pool: PostgresPool

  /// Where a database stands, seen from this build.
  public enum Status: Sendable, Hashable, CustomStringConvertible {
    case current
    case empty
    /// Steps that are missing, by number.
    case older(missing: [Int])
    /// A newer build has been here.
    case newer(version: Int)
    /// A step was applied with another text than this build's.
    case altered(version: Int)

    /// What it means and what to do; for `current` nothing is.
    public var description: String {
      switch self {
      case .current: "the schema is current"
      case .empty: "the database is empty: run `coordinator db migrate`"
      case .older(let missing):
        "the schema is older than this build (missing: \(missing.map(String.init).joined(separator: ", "))): "
          + "run `coordinator db migrate`"
      case .newer(let version):
        "the schema is of a newer build (step \(version)): run that build's workers, or restore a backup"
      case .altered(let version):
        "step \(version) of the schema is not this build's: another branch has been here; restore a backup"
      }
    }
  }

  public func status() async throws -> Status {
    let exists = try await pool.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL")
    guard let row = exists.first, try row.bool(0) else { return .empty }
    let applied = try await pool.query("SELECT version, checksum FROM schema_migrations ORDER BY version")
    var checksums: [Int: String] = [:]
    for row in applied { checksums[Int(try row.int(0))] = try row.text(1) }
    let known = Migration.all
    if let newest = checksums.keys.max(), newest > (known.last?.version ?? 0) { return .newer(version: newest) }
    let missing = known.filter { checksums[$0.version] == nil }.map(\.version)
    if let altered = known.first(where: { checksums[$0.version].map { [$0] } ?? [$0.checksum] != [$0.checksum] }) {
      return .altered(version: altered.version)
    }
    if missing.count == known.count { return .empty }
    return missing.isEmpty ? .current : .older(missing: missing)
  }

  /// Applies the missing steps, each once and each whole, under a lock, so that any number may call this at the same
  /// time. Answers the names of those that were applied here.
  /// - Parameter log: is told of each step when it is done.
  /// - Throws: `SchemaError` when a newer or another build has been here; nothing is changed then.
  @discardableResult
  public func migrate(log: @Sendable (String) -> Void = { _ in }) async throws -> [String] {
    switch try await status() {
    case .current: return []
    case .empty, .older: break
    case .newer, .altered: throw SchemaError(status: try await status())
    }
    var applied: [String] = []
    for migration in Migration.all where try await apply(migration) {
      applied.append("\(migration.version) \(migration.name)")
      log("applied \(migration.version) \(migration.name)")
    }
    return applied
  }

  /// Applies one step, unless it has been applied before. Answers whether it was done here.
  private func apply(_ migration: Migration) async throws -> Bool {
    try await pool.transaction { connection in
      try connection.script(
        "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(\(AdvisoryLock.migration)); \(Self.ledger)")
      let present = try connection.query(
        "SELECT version FROM schema_migrations WHERE version = $1", [.int(Int64(migration.version))])
      guard present.isEmpty else { return false }
      try connection.script(migration.script)
      try connection.query(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        [.int(Int64(migration.version)), .text(migration.name), .text(migration.checksum)])
      return true
    }
  }

  private static let ledger = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )
    """

  /// Drops all tables of this schema with what is in them, then migrates. Other tables of the database stay.
  @discardableResult
  public func reset(log: @Sendable (String) -> Void = { _ in }) async throws -> [String] {
    try await pool.withConnection { try await $0.script(Migration.dropAll) }
    return try await migrate(log: log)
  }
}
