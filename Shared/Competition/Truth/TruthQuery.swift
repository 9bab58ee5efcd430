/// What must be read from a feed to know the truth of a task: closed records with event times from `from` through
/// `through`.
public struct TruthQuery: Sendable, Hashable {
  public var feed: FeedKey
  public var from: Timestamp
  public var through: Timestamp
  var performedAt: Timestamp
  var resolvableAt: Timestamp
}

/// What is known of a task's truth.
public enum TruthDecision: Sendable, Hashable {
  case resolved(GroundTruth)
  /// Not final yet: look again then.
  case wait(until: Timestamp, reason: String)
  /// It will never be known.
  case failed(reason: String)
}
