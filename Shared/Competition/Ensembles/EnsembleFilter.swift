/// What says whether a model is a member of an ensemble.
public typealias FilterReference = ExtensionReference<BuiltinFilter>

/// Which models are members of an ensemble.
public enum EnsembleFilter: Sendable, Hashable {
  case all
  /// The models with the highest `value`; a missing one counts as 0, and of equal models the first ones are taken.
  case top(Int)
  /// That part of the models, those with the highest `value`, at least one: 0.5 is the better half, rounded up.
  case topShare(Double)
  /// Models whose metric is at least that high; a missing one counts as 0.
  case minimum(metric: String, Double)
  /// Models whose metric is at most that high; a missing one counts as 0.
  case maximum(metric: String, Double)
  /// Models that predicted a value so many times at least in earlier buckets of the window.
  case answers(Int)
  /// Those that a function of the competition keeps.
  case function(FilterReference)

  /// The members in the order of `models`; nil where a function of the competition decides.
  /// - Parameters:
  ///   - metrics: the newest summary of each model.
  ///   - values: what each model predicted in earlier buckets.
  public func members(
    of models: [String], metrics: [String: JSONObject], values: [String: [Double]] = [:]
  ) -> [String]? {
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
    case .topShare(let share):
      let count = max(1, Int((share * Double(models.count)).rounded(.up)))
      return Self.top(count).members(of: models, metrics: metrics)
    case .minimum(let metric, let least): return models.filter { number($0, metric) >= least }
    case .maximum(let metric, let most): return models.filter { number($0, metric) <= most }
    case .answers(let count): return models.filter { values[$0]?.count ?? 0 >= count }
    case .function: return nil
    }
  }
}

/// The kinds of filters that come with the node, as the contract's file names them.
public enum BuiltinFilter: String, BuiltinExtension {
  case all
  case topN = "top_n"
  case topShare = "top_share"
  case minMetric = "min_metric"
  case maxMetric = "max_metric"
  case minAnswers = "min_answers"

  public var summary: String {
    switch self {
    case .all: "every model"
    case .topN: "{top_n: 5}: the models with the highest value"
    case .topShare: "{top_share: 0.5}: that part of the models, the best ones"
    case .minMetric: "{min_metric: ic, at_least: 0}: models whose metric is that high"
    case .maxMetric: "{max_metric: model_correlation, at_most: 0.7}: models whose metric is no higher"
    case .minAnswers: "{min_answers: 20}: models that answered so often in the window"
    }
  }
}
