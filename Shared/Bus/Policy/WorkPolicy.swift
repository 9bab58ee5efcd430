/// Decides what becomes of an entry by how often it was handed out. PostgreSQL or Redis being away is no failure of an
/// entry and costs no attempt: workers wait, and take nothing new meanwhile.
public struct WorkPolicy: Sendable, Hashable {
  /// Deliveries after which an entry is given up.
  public var maxDeliveries: Int
  /// Pause after the first failure, at most; it doubles from then on.
  public var firstPause: Duration
  public var longestPause: Duration

  public init(
    maxDeliveries: Int = 8, firstPause: Duration = .milliseconds(500), longestPause: Duration = .seconds(30)
  ) {
    self.maxDeliveries = maxDeliveries
    self.firstPause = firstPause
    self.longestPause = longestPause
  }

  /// What to do with an entry that was handed out.
  public enum Intake: Sendable, Hashable {
    /// Work on it with the others.
    case together
    /// It may be what ended its workers: work on it by itself, so that nothing suffers with it.
    case alone
    case giveUp
  }

  /// Deliveries from which on an entry is worked on by itself.
  static let suspicious = 3

  public func intake(deliveries: Int) -> Intake {
    if deliveries > maxDeliveries { return .giveUp }
    return deliveries >= Self.suspicious ? .alone : .together
  }

  public enum Remedy: Sendable, Hashable {
    case retry(after: Duration)
    case giveUp
  }

  /// What to do with an entry whose work failed by its own fault: again after a pause with full jitter, or no more.
  /// - Parameter chance: evenly from 0 to 1.
  public func remedy(deliveries: Int, chance: Double) -> Remedy {
    guard deliveries < maxDeliveries else { return .giveUp }
    var pause = firstPause
    for _ in 1..<max(2, deliveries) where deliveries > 1 && pause < longestPause { pause *= 2 }
    return .retry(after: min(pause, longestPause) * min(1, max(0, chance)))
  }
}
