/// What computes a metric.
public typealias MetricReference = ExtensionReference<BuiltinMetric>

/// The eleven metrics of the original, by the names that a contract gives them. `Metric` computes them.
public enum BuiltinMetric: String, BuiltinExtension {
  case ic
  case icSharpe = "ic_sharpe"
  case meanReturn = "mean_return"
  case hitRate = "hit_rate"
  case modelCorrelation = "model_correlation"
  case maxDrawdown = "max_drawdown"
  case sortinoRatio = "sortino_ratio"
  case turnover
  case ensembleCorrelation = "ensemble_correlation"
  case contribution
  case fnc

  public var summary: String {
    switch self {
    case .ic: "correlation by rank of signals and what came"
    case .icSharpe: "how steady ic is: mean over deviation of its chunks"
    case .meanReturn: "mean return of a bet of 1 on each signal's direction"
    case .hitRate: "share of signals with the right direction"
    case .modelCorrelation: "mean correlation by rank with the other models"
    case .maxDrawdown: "how far the total of scores fell below its highest"
    case .sortinoRatio: "mean return over the deviation of losses"
    case .turnover: "mean distance of successive signals"
    case .ensembleCorrelation: "correlation by rank with the first ensemble"
    case .contribution: "what the first ensemble's ic gains by the model"
    case .fnc: "ic of what is not the mean of all models"
    }
  }
}
