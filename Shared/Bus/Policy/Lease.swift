/// What a worker knows of the lease of the entries it works on. Time is a span since some fixed moment, on a clock that
/// goes on while the process is frozen: a worker that wakes up late knows that it has lost them.
public struct Lease: Sendable, Hashable {
  public let length: Duration
  /// The entries that were ours when we last asked.
  public private(set) var held: Set<EntryID>
  private var renewedAt: Duration

  /// - Parameter at: a moment before the entries were handed out.
  public init(_ ids: [EntryID], length: Duration, at: Duration) {
    self.length = length
    held = Set(ids)
    renewedAt = at
  }

  /// - Parameters:
  ///   - ids: those that Redis says are still ours.
  ///   - at: a moment before it was asked.
  public mutating func renewed(_ ids: [EntryID], at: Duration) {
    held.formIntersection(ids)
    renewedAt = max(renewedAt, at)
  }

  /// Entries that we are done with: nobody asks for them any more.
  public mutating func settled(_ ids: [EntryID]) { held.subtract(ids) }

  /// Whether all of these are ours for certain.
  public func holds(_ ids: [EntryID], at now: Duration) -> Bool {
    now - renewedAt < length && ids.allSatisfy(held.contains)
  }

  /// When to renew: three times a lease, so that two failures in a row cost nothing.
  public var renewalPause: Duration { length / 3 }
}
