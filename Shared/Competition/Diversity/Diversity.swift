/// How much a model differs from the others, and what its participant can make of that.
public struct Diversity: Sendable, Hashable {
  /// Numbers of the model's newest summary; nil where it has none.
  public var informationCoefficient: Double?
  public var modelCorrelation: Double?
  public var ensembleCorrelation: Double?
  public var contribution: Double?
  public var featureNeutralCorrelation: Double?

  public init(summary: JSONObject) {
    func number(_ key: String) -> Double? { summary[key]?.number.flatMap { $0.isFinite ? $0 : nil } }
    informationCoefficient = number("ic")
    modelCorrelation = number("model_correlation")
    ensembleCorrelation = number("ensemble_correlation")
    contribution = number("contribution")
    featureNeutralCorrelation = number("fnc")
  }

  /// 1: unlike all others; 0: like them, or their mirror image. Four decimals; nil without a correlation.
  public var score: Double? { modelCorrelation.map { max(0, 1 - $0.magnitude).rounded(decimals: 4) } }

  /// A model's view: `{model_id, rank, diversity_score, metrics, guidance, snapshot_period_end}`.
  /// - Parameters:
  ///   - snapshot: the model's newest.
  ///   - rank: in the newest leaderboard; nil when it is not there.
  public static func report(of snapshot: Snapshot, rank: Int?) -> JSONObject {
    let diversity = Diversity(summary: snapshot.resultSummary)
    return [
      "model_id": .string(snapshot.modelID), "rank": rank.map { JSON($0) } ?? .null,
      "diversity_score": JSON(finite: diversity.score),
      "metrics": .object([
        "ic": JSON(finite: diversity.informationCoefficient),
        "model_correlation": JSON(finite: diversity.modelCorrelation),
        "ensemble_correlation": JSON(finite: diversity.ensembleCorrelation),
        "contribution": JSON(finite: diversity.contribution), "fnc": JSON(finite: diversity.featureNeutralCorrelation),
      ]),
      "guidance": .array(diversity.guidance.map { .string($0.text) }),
      "snapshot_period_end": .string(snapshot.periodEnd.iso8601(.z)),
    ]
  }

  /// All models of participants by their newest snapshots, the most diverse first and those without a score as if it were
  /// 0: `{model_id, period_end, model_correlation, ensemble_correlation, contribution, fnc, diversity_score, ic}`.
  /// - Parameter snapshots: any number a model, in a fixed order, which decides between equal scores.
  public static func overview(_ snapshots: [Snapshot], limit: Int) -> [JSONObject] {
    var newest: [Snapshot] = []
    var places: [String: Int] = [:]
    for snapshot in snapshots where !EnsembleName.isVirtual(snapshot.modelID) {
      if let place = places[snapshot.modelID] {
        if snapshot.periodEnd > newest[place].periodEnd { newest[place] = snapshot }
      } else {
        places[snapshot.modelID] = newest.count
        newest.append(snapshot)
      }
    }
    let rows = newest.map { (snapshot: $0, diversity: Diversity(summary: $0.resultSummary)) }
    let ordered = rows.enumerated().sorted { left, right in
      let (a, b) = (left.element.diversity.score ?? 0, right.element.diversity.score ?? 0)
      return a == b ? left.offset < right.offset : a > b
    }
    return ordered.prefix(max(0, limit)).map { row(of: $0.element.snapshot, $0.element.diversity) }
  }

  private static func row(of snapshot: Snapshot, _ diversity: Diversity) -> JSONObject {
    [
      "model_id": .string(snapshot.modelID), "period_end": .string(snapshot.periodEnd.iso8601(.z)),
      "model_correlation": JSON(finite: diversity.modelCorrelation),
      "ensemble_correlation": JSON(finite: diversity.ensembleCorrelation),
      "contribution": JSON(finite: diversity.contribution), "fnc": JSON(finite: diversity.featureNeutralCorrelation),
      "diversity_score": JSON(finite: diversity.score), "ic": JSON(finite: diversity.informationCoefficient),
    ]
  }
}
