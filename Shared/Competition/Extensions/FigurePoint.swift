/// Where a competition can put a function of its own for figures over many scores: in `metrics` and `ensembles` of the
/// contract.
public enum FigurePoint: String, Sendable, CaseIterable {
  /// A figure of each model over the window, an item of `metrics`.
  case metric
  /// How much each member of an ensemble counts, its `strategy`.
  case ensembleStrategy = "ensemble_strategy"
  /// Which models are members of an ensemble, its `filter`.
  case modelFilter = "model_filter"

  /// How a function in Python is called, as the original calls it; what is in brackets it need not take.
  public var signature: String {
    switch self {
    case .metric: "(predictions, scores[, context]) -> number or None"
    case .ensembleStrategy: "(model_metrics[, predictions]) -> {model_id: weight}"
    case .modelFilter: "(model_id, metrics) -> bool"
    }
  }
}
