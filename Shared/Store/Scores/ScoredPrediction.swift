import Competition

/// How the scoring of a prediction ended.
public enum ScoredPrediction: Sendable, Hashable {
  /// It has a score, a good or a failed one: SCORED.
  case scored(Score)
  /// It can have none: FAILED with the reason.
  case failed(id: String, reason: String)

  public var predictionID: String {
    switch self {
    case .scored(let score): score.predictionID
    case .failed(let id, _): id
    }
  }
}
