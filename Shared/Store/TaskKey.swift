/// What names the predictions of one input that are scored against one truth.
public struct TaskKey: Sendable, Hashable {
  public var inputID: String
  public var scopeKey: String

  public init(inputID: String, scopeKey: String) {
    self.inputID = inputID
    self.scopeKey = scopeKey
  }
}
