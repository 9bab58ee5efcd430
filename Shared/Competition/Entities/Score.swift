/// What was true of an input for one scope key. Immutable: two horizons never share one, and two workers compute the same.
public struct GroundTruth: Sendable, Hashable {
  public var inputID: String
  public var scopeKey: String
  /// What the scoring function is given, see `GroundTruthResolver`.
  public var value: JSONObject
  /// sha256 over the records it was made from.
  public var recordsDigest: String
  public var resolvedAt: Timestamp

  public init(
    inputID: String, scopeKey: String, value: JSONObject, recordsDigest: String, resolvedAt: Timestamp
  ) {
    self.inputID = inputID
    self.scopeKey = scopeKey
    self.value = value
    self.recordsDigest = recordsDigest
    self.resolvedAt = resolvedAt
  }
}

/// The outcome of scoring one prediction, at most one per prediction.
public struct Score: Sendable, Hashable {
  public var id: String
  public var predictionID: String
  /// The scoring function's result, `value` first of all.
  public var result: JSONObject
  /// False when the scoring function failed on this prediction; such a score enters no average.
  public var success: Bool
  public var failedReason: String?
  public var scoredAt: Timestamp
  /// The contract whose function scored it, by its number in the store.
  public var contractID: Int64?

  public init(
    id: String, predictionID: String, result: JSONObject, success: Bool, failedReason: String? = nil,
    scoredAt: Timestamp, contractID: Int64? = nil
  ) {
    self.id = id
    self.predictionID = predictionID
    self.result = result
    self.success = success
    self.failedReason = failedReason
    self.scoredAt = scoredAt
    self.contractID = contractID
  }
}
