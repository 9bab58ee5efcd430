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
    var checked = 0
    var wrong: [String] = []
    for sample in try await newestSealed(limit: Self.recomputedSnapshots) {
      let snapshot = sample.snapshot
      var rule = Aggregation(CrunchContract.default)
      if let id = periods.contractID(at: snapshot.periodStart) {
        if rules[id] == nil { rules[id] = Aggregation(try await contracts.contract(id) ?? .default) }
        rule = rules[id] ?? rule
      }
      let hasFailed = snapshot.meta[Snapshot.aggregationFailureKey] != nil
      guard let builtin = hasFailed ? .mean : rule.builtin else { continue }
      checked += 1
      let isSame = Self.isSame(
        rule.withoutMetrics(builtin.summary(of: sample.results)), rule.withoutMetrics(snapshot.resultSummary))
      if !isSame { wrong.append(snapshot.id) }
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

  /// A sealed snapshot with the successful results that it was made of, in order of prediction id.
  public struct SealedSample: Sendable {
    public var snapshot: Snapshot
    public var results: [JSONObject]
  }

  /// The newest sealed snapshots, the newest first.
  public func newestSealed(limit: Int) async throws -> [SealedSample] {
    var samples: [SealedSample] = []
    for row in try await pool.query(Self.newestSealed, [.int(Int64(limit))]) {
      let snapshot = Snapshot(
        id: try row.text(0), modelID: try row.text(1), periodStart: try row.timestamp(2),
        periodEnd: try row.timestamp(3), predictionCount: Int(try row.int(6)), resultSummary: try row.object(4),
        meta: try row.object(5), createdAt: try row.timestamp(3))
      let results = try await pool.query(
        Self.scoresOfSnapshot, [.text(snapshot.modelID), .time(snapshot.periodStart), .time(snapshot.periodEnd)]
      ).map { try $0.object(0) }
      samples.append(SealedSample(snapshot: snapshot, results: results))
    }
    return samples
  }

  private static let newestSealed: SQL = """
    SELECT id, model_id, period_start, period_end, coalesce(result_summary_jsonb, '{}'), coalesce(meta_jsonb, '{}'),
      prediction_count::bigint
    FROM snapshots WHERE sealed_at IS NOT NULL ORDER BY period_end DESC LIMIT $1
    """

  private static let scoresOfSnapshot: SQL = """
    SELECT s.result_jsonb FROM scores s JOIN predictions p ON p.id = s.prediction_id
    WHERE p.model_id = $1 AND s.period_start >= $2 AND s.period_start < $3 AND s.success ORDER BY p.id COLLATE "C"
    """
}
