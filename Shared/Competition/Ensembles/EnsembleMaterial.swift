/// What the members of an ensemble and their weights follow from. All of it is of buckets before the one that is predicted
/// for, so that equal stored data give equal members (decision 15).
public struct EnsembleMaterial: Sendable, Hashable {
  /// All that are eligible, in a fixed order.
  public var models: [String]
  /// The newest summary of each model.
  public var metrics: [String: JSONObject]
  /// What each model predicted, in order of time.
  public var values: [String: [Double]]
  /// The same as functions of the competition see it; empty where there is none.
  public var answers: [String: [PastAnswer]]

  /// - Parameters:
  ///   - models: of participants.
  ///   - metrics: by model.
  ///   - values: by model.
  ///   - answers: by model.
  public init(
    models: [String], metrics: [String: JSONObject] = [:], values: [String: [Double]] = [:],
    answers: [String: [PastAnswer]] = [:]
  ) {
    self.models = models
    self.metrics = metrics
    self.values = values
    self.answers = answers
  }
}

/// What a model said about one thing, and what its score was.
public struct PastAnswer: Sendable, Hashable {
  public var key: MetricKey
  public var scope: JSONObject
  public var output: JSONObject
  /// Of the scoring function; nil when scoring failed.
  public var result: JSONObject?

  public init(key: MetricKey, scope: JSONObject, output: JSONObject, result: JSONObject?) {
    self.key = key
    self.scope = scope
    self.output = output
    self.result = result
  }

  /// As the original's strategies get a prediction.
  public var json: JSON {
    [
      "inference_output": .object(output), "input_id": .string(key.inputID), "scope_key": .string(key.scopeKey),
      "scope": .object(scope),
    ]
  }
}
