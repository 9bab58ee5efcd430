import Competition
import Postgres

// Whether sealed snapshots are what their scores say.
extension AuditStore {
  /// Sealed snapshots that are computed again, the newest ones.
  static let recomputedSnapshots = 1_000

  /// Whoever computes a snapshot from the stored scores, and whenever, comes to the same. The contract in force when the
  /// bucket began says how. What a function of the competition made is left to `coordinator verify`, which calls it, and so
  /// are metrics, which look at more than the bucket.
  func recomputed() async throws -> AuditFinding {
    let contracts = ContractStore(pool: pool)
    let periods = try await contracts.periods()
    var rules: [Int64: Aggregation] = [:]
    let stored = try await pool.query(Self.newestSealed, [.int(Int64(Self.recomputedSnapshots))])
    var checked = 0
    var wrong: [String] = []
    for row in stored {
      let start = try row.timestamp(2)
      var rule = Aggregation(CrunchContract.default)
      if let id = periods.contractID(at: start) {
        if rules[id] == nil { rules[id] = Aggregation(try await contracts.contract(id) ?? .default) }
        rule = rules[id] ?? rule
      }
      let hasFailed = try row.object(5)[Snapshot.aggregationFailureKey] != nil
      guard let builtin = hasFailed ? .mean : rule.builtin else { continue }
      let scores = try await pool.query(
        Self.scoresOfSnapshot, [.text(try row.text(1)), .time(start), .time(try row.timestamp(3))]
      ).map { try $0.object(0) }
      checked += 1
      let isSame = try Self.isSame(
        rule.withoutMetrics(builtin.summary(of: scores)), rule.withoutMetrics(row.object(4)))
      if !isSame { wrong.append(try row.text(0)) }
    }
    return AuditFinding(
      .reproducible, "a sealed snapshot is what its stored scores say", checked: checked, violations: wrong.count,
      example: wrong.first)
  }

  /// What a contract says of summaries.
  private struct Aggregation {
    /// nil: a function of the competition makes them.
    var builtin: BuiltinAggregation?
    private var metrics: Set<String>

    init(_ contract: CrunchContract) {
      if case .builtin(let own) = contract.callables.aggregateSnapshot { builtin = own }
      metrics = Set(contract.metrics)
    }

    func withoutMetrics(_ summary: JSONObject) -> JSONObject {
      JSONObject(summary.filter { !metrics.contains($0.key) }.map { ($0.key, $0.value) })
    }
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
    SELECT id, model_id, period_start, period_end, coalesce(result_summary_jsonb, '{}'), coalesce(meta_jsonb, '{}')
    FROM snapshots WHERE sealed_at IS NOT NULL ORDER BY period_end DESC LIMIT $1
    """

  private static let scoresOfSnapshot: SQL = """
    SELECT s.result_jsonb FROM scores s JOIN predictions p ON p.id = s.prediction_id
    WHERE p.model_id = $1 AND s.period_start >= $2 AND s.period_start < $3 AND s.success ORDER BY p.id COLLATE "C"
    """
}
