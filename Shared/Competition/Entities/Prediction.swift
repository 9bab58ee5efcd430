/// Where a prediction is in its life. It begins PENDING, FAILED or ABSENT, and always ends in another than PENDING.
public enum PredictionStatus: String, Sendable, CaseIterable {
  /// Answered and waiting for the truth.
  case pending = "PENDING"
  /// Has a score, or a failed one with its reason.
  case scored = "SCORED"
  /// Will never have a score; `failedReason` says why.
  case failed = "FAILED"
  /// The model was not there to be asked.
  case absent = "ABSENT"

  /// Whether a prediction may go from this status to `next`. Only a replay of dead letters reopens one.
  public func mayBecome(_ next: PredictionStatus) -> Bool {
    self == .pending && (next == .scored || next == .failed)
  }
}

/// One model's answer for one input and one config.
public struct Prediction: Sendable, Hashable {
  public var id: String
  public var inputID: String
  public var modelID: String
  public var configID: String?
  public var scopeKey: String
  /// What the model was asked: subject, horizon and whatever the config's template adds.
  public var scope: JSONObject
  public var status: PredictionStatus
  /// Why the status is FAILED; nil otherwise.
  public var failedReason: String?
  /// From dispatch to answer, in milliseconds.
  public var executionMilliseconds: Double
  /// The model's answer; `{}` when there is none.
  public var output: JSONObject
  public var meta: JSONObject
  /// The moment of dispatch, the same for all models of a fan-out.
  public var performedAt: Timestamp
  /// When the truth can be known: `performedAt` plus the horizon.
  public var resolvableAt: Timestamp
  /// The contract in force when it was asked for, by its number in the store; nil in rows of other tools. It decides what
  /// the prediction is scored by.
  public var contractID: Int64?

  public init(
    id: String, inputID: String, modelID: String, configID: String?, scopeKey: String, scope: JSONObject,
    status: PredictionStatus, failedReason: String? = nil, executionMilliseconds: Double = 0, output: JSONObject = [:],
    meta: JSONObject = [:], performedAt: Timestamp, resolvableAt: Timestamp, contractID: Int64? = nil
  ) {
    self.id = id
    self.inputID = inputID
    self.modelID = modelID
    self.configID = configID
    self.scopeKey = scopeKey
    self.scope = scope
    self.status = status
    self.failedReason = failedReason
    self.executionMilliseconds = executionMilliseconds
    self.output = output
    self.meta = meta
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
    self.contractID = contractID
  }
}
