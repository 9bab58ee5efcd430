/// What predictions, scores and truths are joined by: two of them belong together when both parts are equal.
public struct MetricKey: Sendable, Hashable, Comparable {
  public var inputID: String
  public var scopeKey: String

  public init(inputID: String, scopeKey: String) {
    self.inputID = inputID
    self.scopeKey = scopeKey
  }

  public static func < (left: MetricKey, right: MetricKey) -> Bool {
    (left.inputID, left.scopeKey) < (right.inputID, right.scopeKey)
  }
}
