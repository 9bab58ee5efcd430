import Postgres

/// Brings the schema to the version of this build, and says where it stands.
public struct Migrator: Sendable {
  let pool: PostgresPool

  /// Where a database stands, seen from this build.
  public enum Status: Sendable, Hashable, CustomStringConvertible {
    case current
    case empty
    /// Made by that version of the Python original.
    case original(version: String)
    /// It has tables with names of ours that are neither ours nor the original's.
    case foreign(because: [String])
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
      case .original(let version):
        "the database is one of the Python original, as version \(version) makes it: end its workers, make a backup, then run "
          + "`coordinator db migrate`, which keeps all rows"
      case .foreign(let reasons):
        "the database is neither empty, nor of this program, nor as the Python original (0.1.1 or 0.1.101) makes it: "
          + reasons.joined(separator: "; ")
          + ". Nothing was changed: bring the tables into the original's shape, or use "
          + "another database"
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
    guard let row = exists.first, try row.bool(0) else { return try await statusOfStranger() }
    let applied = try await pool.query("SELECT version, checksum FROM schema_migrations ORDER BY version")
    var checksums: [Int: String] = [:]
    for row in applied { checksums[Int(try row.int(0))] = try row.text(1) }
    let known = Migration.all
    if let newest = checksums.keys.max(), newest > (known.last?.version ?? 0) { return .newer(version: newest) }
    let missing = known.filter { checksums[$0.version] == nil }.map(\.version)
    if let altered = known.first(where: { checksums[$0.version].map { [$0] } ?? [$0.checksum] != [$0.checksum] }) {
      return .altered(version: altered.version)
    }
    if missing.count == known.count { return try await statusOfStranger() }
    return missing.isEmpty ? .current : .older(missing: missing)
  }

  /// Where a database stands to which no step of ours was applied.
  private func statusOfStranger() async throws -> Status {
    let schema = try await pool.withConnection { try await OriginalSchema.read($0) }
    if schema.isEmpty { return .empty }
    let oddities = schema.oddities
    return oddities.isEmpty ? .original(version: schema.version) : .foreign(because: oddities)
  }

  /// Applies the missing steps, each once and each whole, under a lock, so that any number may call this at the same
  /// time. Answers the names of those that were applied here. A database of the Python original is adopted, all at once.
  /// - Parameter log: is told of each step when it is done.
  /// - Throws: `SchemaError` when a newer or another build or program has been here; nothing is changed then.
  @discardableResult
  public func migrate(log: @Sendable (String) -> Void = { _ in }) async throws -> [String] {
    switch try await status() {
    case .current: return []
    case .empty, .older: break
    case .original: if let applied = try await adopt(log: log) { return applied }
    case .newer, .altered, .foreign: throw SchemaError(status: try await status())
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
      try Self.record(migration, connection)
      return true
    }
  }

  /// Adopts a database of the original; nil when another did so meanwhile.
  private func adopt(log: @Sendable (String) -> Void) async throws -> [String]? {
    let applied: [String]? = try await pool.transaction { connection in
      try connection.script(Adoption.prelude)
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.migration)])
      try connection.script(Self.ledger)
      guard try connection.query("SELECT 1 FROM schema_migrations LIMIT 1").isEmpty else { return nil }
      let conflicts = try Adoption.conflicts(connection)
      guard conflicts.isEmpty else { throw SchemaError(status: .foreign(because: conflicts)) }
      try connection.script(Adoption.shape)
      for migration in Migration.all {
        if migration.version > 1 { try connection.script(migration.script) }
        try Self.record(migration, connection)
      }
      try connection.script(Adoption.settle)
      return ["adopted"] + Migration.all.map { "\($0.version) \($0.name)" }
    }
    if applied != nil { log("adopted a database of the Python original") }
    return applied
  }

  private static func record(_ migration: Migration, _ connection: isolated PostgresConnection) throws(PostgresError) {
    try connection.query(
      "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
      [.int(Int64(migration.version)), .text(migration.name), .text(migration.checksum)])
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
