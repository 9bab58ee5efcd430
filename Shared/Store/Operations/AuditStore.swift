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

  /// Sealed snapshots that are computed again, the newest ones.
  static let recomputedSnapshots = 1_000

  /// Whoever computes a snapshot from the stored scores, and whenever, comes to the same.
  private func recomputed() async throws -> AuditFinding {
    let stored = try await pool.query(Self.newestSealed, [.int(Int64(Self.recomputedSnapshots))])
    var wrong: [String] = []
    for row in stored {
      let scores = try await pool.query(
        Self.scoresOfSnapshot, [.text(try row.text(1)), .time(try row.timestamp(2)), .time(try row.timestamp(3))]
      ).map { try $0.object(0) }
      let isSame = try Self.isSame(SnapshotAggregation.summary(of: scores), row.object(4))
      if !isSame { wrong.append(try row.text(0)) }
    }
    return AuditFinding(
      .reproducible, "a sealed snapshot is what its stored scores say", checked: stored.count, violations: wrong.count,
      example: wrong.first)
  }

  /// PostgreSQL orders keys in its own way, and spells numbers in its own way.
  private static func isSame(_ computed: JSONObject, _ stored: JSONObject) -> Bool {
    computed.count == stored.count
      && computed.allSatisfy { member in
        guard let other = stored[member.key] else { return false }
        if let number = member.value.number { return number == other.number }
        return member.value == other
      }
  }

  private static let newestSealed: SQL = """
    SELECT id, model_id, period_start, period_end, coalesce(result_summary_jsonb, '{}') FROM snapshots
    WHERE sealed_at IS NOT NULL ORDER BY period_end DESC LIMIT $1
    """

  private static let scoresOfSnapshot: SQL = """
    SELECT s.result_jsonb FROM scores s JOIN predictions p ON p.id = s.prediction_id
    WHERE p.model_id = $1 AND s.period_start >= $2 AND s.period_start < $3 AND s.success ORDER BY p.id COLLATE "C"
    """
}

extension Store {
  public var audit: AuditStore { AuditStore(pool: pool) }
}
