/// A model's answer with what became of it: what metrics and ensembles look at.
public struct ScoredAnswer: Sendable, Hashable {
  public var prediction: Prediction
  /// Of the scoring function; nil when scoring failed.
  public var result: JSONObject?
  /// What was true; nil when it is not stored.
  public var truth: JSONObject?
  /// Start of the bucket whose snapshots count the score.
  public var periodStart: Timestamp

  public init(prediction: Prediction, result: JSONObject?, truth: JSONObject?, periodStart: Timestamp) {
    self.prediction = prediction
    self.result = result
    self.truth = truth
    self.periodStart = periodStart
  }

  public var key: MetricKey { MetricKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey) }

  /// When it became resolvable; one that was scored late, after its own bucket was sealed, stands at the start of the bucket
  /// that counts it. So its place follows from what is stored, whoever looks and when.
  public var time: Timestamp { max(prediction.resolvableAt, periodStart) }

  /// - Parameter valueField: what the contract averages.
  public func cell(valueField: String) -> MetricCell {
    MetricCell(output: prediction.output, result: result, truth: truth, valueField: valueField)
  }

  /// As functions of the competition see it later.
  public var past: PastAnswer {
    PastAnswer(
      key: key, scope: prediction.scope, output: prediction.output.stored, result: result?.stored)
  }
}
