import Competition

/// Which predictions a page lists: an absent part leaves it open.
public struct PredictionFilter: Sendable, Hashable {
  public var model: String?
  public var scopeKey: String?
  public var status: PredictionStatus?

  public init(model: String? = nil, scopeKey: String? = nil, status: PredictionStatus? = nil) {
    self.model = model
    self.scopeKey = scopeKey
    self.status = status
  }
}

/// A prediction with what a list for people says of it.
public struct ListedPrediction: Sendable {
  public var id: String
  public var modelID: String
  public var modelName: String
  public var scopeKey: String
  public var status: String
  /// Why it has no score, or why its score failed.
  public var reason: String?
  /// From dispatch to answer, in milliseconds.
  public var executionMilliseconds: Double
  public var output: StoredJSON?
  public var scoreValue: StoredJSON?
  public var performedAt: Timestamp
}

/// A reason for which predictions of a model failed.
public struct FailureCount: Sendable, Hashable {
  public var reason: String
  public var count: Int
  public var newest: Timestamp
}
