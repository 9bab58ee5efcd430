/// The metrics of each model of a bucket, by model id.
public struct ModelFigures: Sendable, Hashable {
  public var values: [String: JSONObject]
  /// Why a model has a metric of the competition's not: the reason by the metric's name.
  public var failures: [String: JSONObject]

  public init(values: [String: JSONObject] = [:], failures: [String: JSONObject] = [:]) {
    self.values = values
    self.failures = failures
  }

  /// The figures of both; of equal names those of `other` count.
  public func merging(_ other: ModelFigures) -> ModelFigures {
    ModelFigures(
      values: values.merging(other.values) { $0.merging($1) },
      failures: failures.merging(other.failures) { $0.merging($1) })
  }
}
