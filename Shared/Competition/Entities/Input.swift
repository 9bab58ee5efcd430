/// What the models were shown for one triggering record.
public struct Input: Sendable, Hashable {
  public enum Status: String, Sendable {
    /// Shown to the models; the truth is not known yet.
    case received = "RECEIVED"
    /// The truth is in `actuals`.
    case resolved = "RESOLVED"
  }

  public var id: String
  /// The argument of the models' `tick`: symbol, time and the window of records.
  public var rawData: JSONObject
  public var receivedAt: Timestamp

  public init(id: String, rawData: JSONObject, receivedAt: Timestamp) {
    self.id = id
    self.rawData = rawData
    self.receivedAt = receivedAt
  }
}

/// One firing of a config for a subject. The row is committed before any model is called, and its key is unique: whoever
/// inserts it first calls the models, nobody else does.
public struct PredictionSlot: Sendable, Hashable {
  public var configID: String
  public var subject: String
  /// floor(time of the triggering record / prediction interval)
  public var slot: Int64
  public var inputID: String
  public var scopeKey: String
  public var scope: JSONObject
  public var performedAt: Timestamp
  public var resolvableAt: Timestamp
  /// Answers count until then.
  public var deadlineAt: Timestamp
  /// The contract in force when it was dispatched, by its number in the store; nil in rows of earlier builds.
  public var contractID: Int64?

  public init(
    configID: String, subject: String, slot: Int64, inputID: String, scopeKey: String, scope: JSONObject,
    performedAt: Timestamp, resolvableAt: Timestamp, deadlineAt: Timestamp, contractID: Int64? = nil
  ) {
    self.configID = configID
    self.subject = subject
    self.slot = slot
    self.inputID = inputID
    self.scopeKey = scopeKey
    self.scope = scope
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
    self.deadlineAt = deadlineAt
    self.contractID = contractID
  }
}
