/// The scoring functions that come with the node, by the names that `builtin:NAME` takes.
public enum BuiltinScoring: String, BuiltinExtension {
  case directional
  case squaredError = "squared_error"
  case logLoss = "log_loss"
  case crps
  case rankCorrelation = "rank_correlation"

  /// What it is, in a line.
  public var summary: String {
    switch self {
    case .directional: "clip(value, -1, 1) x profit"
    case .squaredError: "-(value - y)^2, y being the truth's value, else profit, else return"
    case .logLoss: "ln p of what came true; value is the probability of the truth's outcome, else direction_up"
    case .crps: "-CRPS of a distribution, samples or mean and std, at y"
    case .rankCorrelation: "Spearman's correlation of the output's and the truth's values"
    }
  }

  /// What its scores have beside `value` and `success`.
  public var fields: [String] {
    switch self {
    case .directional: ["actual_return", "direction_correct"]
    case .squaredError: ["squared_error"]
    case .logLoss: ["log_loss"]
    case .crps: ["crps"]
    case .rankCorrelation: ["items"]
    }
  }

  public var function: any ScoringFunction {
    switch self {
    case .directional: DirectionalScore()
    case .squaredError: SquaredError()
    case .logLoss: LogLoss()
    case .crps: RankedProbability()
    case .rankCorrelation: RankCorrelation()
    }
  }
}
