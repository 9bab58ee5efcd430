import Competition
import Postgres

/// Looks in PostgreSQL for what must never be there. It reads whole tables: for an audit, not for a screen that refreshes.
public struct AuditStore: Sendable {
  let pool: PostgresPool

  /// A promise, and the statement that counts what was looked at, what breaks it, and names one of those.
  struct Check: Sendable {
    var invariant: Invariant
    var promise: String
    var sql: SQL
  }

  /// What PostgreSQL alone can tell, also while the node works.
  /// - Parameter atRest: whether the node has drained: then nothing is in progress, and every prediction has ended.
  public func findings(atRest: Bool = false) async throws -> [AuditFinding] {
    var findings: [AuditFinding] = []
    for check in (atRest ? Self.checksAtRest : Self.checksInProgress) + Self.checks {
      let row = try await pool.query(check.sql)[0]
      findings.append(
        AuditFinding(
          check.invariant, check.promise, checked: Int(try row.int(0)), violations: Int(try row.int(1)),
          example: row.textIfPresent(2)))
    }
    findings.append(try await recomputed())
    return findings
  }

  /// The findings that break a promise.
  public func violations(atRest: Bool = false) async throws -> [AuditFinding] {
    try await findings(atRest: atRest).filter { $0.violations > 0 }
  }

  /// How many predictions were due by then, ended or not.
  public func duePredictions(through: Timestamp) async throws -> Int {
    Int(try await pool.query("SELECT count(*) FROM predictions WHERE resolvable_at <= $1", [.time(through)])[0].int(0))
  }
}

extension Store {
  public var audit: AuditStore { AuditStore(pool: pool) }
}
