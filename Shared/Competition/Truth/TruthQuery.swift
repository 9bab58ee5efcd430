/// What must be read from a feed to know the truth of a task: closed records with event times from `from` through
/// `through`.
public struct TruthQuery: Sendable, Hashable {
  public var feed: FeedKey
  public var from: Timestamp
  public var through: Timestamp
  var performedAt: Timestamp
  var resolvableAt: Timestamp
}

/// The records that the truth of a task is made of.
public enum TruthRecords: Sendable, Hashable {
  /// Closed ones, from the entry's to the exit's; one that is both comes twice.
  case found([FeedRecord])
  /// Not final yet: look again then.
  case wait(until: Timestamp, reason: String)
  /// There will never be any.
  case failed(reason: String)
}

/// What is known of a task's truth.
public enum TruthDecision: Sendable, Hashable {
  case resolved(GroundTruth)
  /// Not final yet: look again then.
  case wait(until: Timestamp, reason: String)
  /// It will never be known.
  case failed(reason: String)
}
