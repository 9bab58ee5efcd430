/// The scoring functions that come with the node, by the names that `SCORING_FUNCTION=builtin:NAME` takes.
public enum BuiltinScoring: String, Sendable, CaseIterable {
  case directional
  case squaredError = "squared_error"
  case logLoss = "log_loss"
  case crps
  case rankCorrelation = "rank_correlation"

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
