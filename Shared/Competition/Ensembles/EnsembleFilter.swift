/// Which models are members of an ensemble.
public enum EnsembleFilter: Sendable, Hashable {
  case all
  /// The models with the highest `value`; a missing one counts as 0, and of equal models the first ones are taken.
  case top(Int)
  /// Models whose metric is at least that high; a missing one counts as 0.
  case minimum(metric: String, Double)

  /// The members in the order of `models`.
  /// - Parameter metrics: the newest summary of each model.
  public func members(of models: [String], metrics: [String: JSONObject]) -> [String] {
    func number(_ model: String, _ metric: String) -> Double { metrics[model]?[metric]?.floatValue ?? 0 }
    switch self {
    case .all: return models
    case .top(let count):
      let best = models.enumerated().sorted { left, right in
        let (a, b) = (number(left.element, "value"), number(right.element, "value"))
        return a == b ? left.offset < right.offset : a > b
      }
      let kept = Set(best.prefix(max(0, count)).map(\.element))
      return models.filter(kept.contains)
    case .minimum(let metric, let least): return models.filter { number($0, metric) >= least }
    }
  }
}
