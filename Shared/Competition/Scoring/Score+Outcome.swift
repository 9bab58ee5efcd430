extension ScoringOutcome {
  /// This outcome, unless it claims to be a score and is none.
  /// - Parameter fields: what the contract says that a score has.
  public func checked(against shape: CrunchContract.Shape = []) -> ScoringOutcome {
    guard case .scored(let result) = self else { return self }
    guard result["value"]?.number?.isFinite == true, JSON.object(result).isFinite else {
      return .failed("the scoring function gave no finite value", kind: .badOutput)
    }
    guard !shape.fields.isEmpty else { return self }
    do { return .scored(try shape.checked(result, as: "score", beside: Self.always)) } catch {
      return .failed(error.reason, kind: .badOutput)
    }
  }
}

extension ScoringOutcome {
  /// What every score has, whatever the contract says of it.
  private static let always = ["value", "success", "failed_reason"]
}

extension Score {
  /// The score of a prediction that the function was asked about. One that it failed on has a score that says so, which
  /// enters no average (decision 9).
  public init(predictionID: String, outcome: ScoringOutcome, scoredAt: Timestamp) {
    let id = RecordIDs.score(predictionID: predictionID)
    switch outcome {
    case .scored(let result):
      self.init(id: id, predictionID: predictionID, result: result, success: true, scoredAt: scoredAt)
    case .failed(let reason, _):
      self.init(
        id: id, predictionID: predictionID,
        result: ["value": nil, "success": false, "failed_reason": .string(reason)],
        success: false, failedReason: reason, scoredAt: scoredAt)
    }
  }
}
