import Competition
import Diagnosis
import Store

/// Whether PostgreSQL is there, is of a version that this build knows, takes writes and has room for our connections.
struct PostgresCheck: Check {
  let store: Store
  /// `DATABASE_POOL_SIZE`
  let poolSize: Int
  var area: Finding.Area { .postgres }

  static let oldestVersion = 14

  func findings() async -> [Finding] {
    do { return Self.findings(try await store.server.facts(), poolSize: poolSize) } catch {
      return [
        .problem(
          .postgres, "PostgreSQL cannot be used", cause: "\(error)",
          remedy: "check that it runs, and that DATABASE_URL or the POSTGRES_ variables are right")
      ]
    }
  }

  static func findings(_ facts: ServerStore.Facts, poolSize: Int) -> [Finding] {
    var findings: [Finding] = []
    if facts.versionNumber / 10_000 < oldestVersion {
      findings.append(
        .problem(
          .postgres, "PostgreSQL is of version \(facts.version)", cause: "this build wants \(oldestVersion) or newer",
          remedy: "upgrade PostgreSQL"))
    }
    if facts.isReadOnly {
      findings.append(
        .problem(
          .postgres, "PostgreSQL takes no writes", cause: "it is a standby, or default_transaction_read_only is on",
          remedy: "point DATABASE_URL at the primary"))
    }
    let room = facts.maximumConnections - facts.connections
    if room < poolSize {
      findings.append(
        .problem(
          .postgres, "PostgreSQL has room for \(max(0, room)) more connections",
          cause: "\(facts.connections) of \(facts.maximumConnections) are in use, and a worker takes \(poolSize)",
          remedy: "raise max_connections, lower DATABASE_POOL_SIZE, or put pgbouncer before it"))
    }
    if !facts.isDurable {
      findings.append(
        .note(
          .postgres, "fsync or synchronous_commit is off: a loss of power may cost committed rows",
          remedy: "switch both on where money is paid"))
    }
    let megabytes = facts.databaseBytes >> 20
    return findings + [
      .ok(
        .postgres,
        "PostgreSQL \(facts.version), \(megabytes) MiB, \(facts.connections) of \(facts.maximumConnections) connections"
      )
    ]
  }
}
