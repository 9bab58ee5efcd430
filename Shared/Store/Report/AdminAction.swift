import Competition

/// Who asks for a change, and the key by which a request that comes twice is known.
public struct AdminAction: Sendable, Hashable {
  public var actor: String
  public var idempotencyKey: String?

  public init(actor: String, idempotencyKey: String? = nil) {
    self.actor = actor
    self.idempotencyKey = idempotencyKey
  }
}

/// What became of a change of a checkpoint.
public enum CheckpointChange: Sendable {
  /// What is changed, as `commands` records it.
  public enum Kind: String, Sendable {
    case confirm = "checkpoint.confirm"
    case status = "checkpoint.status"
  }

  case made(ReportCheckpoint)
  /// The same request came before: this is what it was answered with then.
  case repeated(ReportCheckpoint)
  /// The key of this request came before with another one.
  case otherRequest
  /// The checkpoint has another status by now, or is not there.
  case notPossible
}
