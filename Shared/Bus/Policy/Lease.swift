/// What a worker knows of the lease of the entries it works on. Time is a span since some fixed moment, on a clock that
/// goes on while the process is frozen: a worker that wakes up late knows that it has lost them.
public struct Lease: Sendable, Hashable {
  public let length: Duration
  /// The entries that were ours when we last asked.
  public private(set) var held: Set<EntryID>
  private var renewedAt: Duration
  private let taken: Int

  /// - Parameter at: a moment before the entries were handed out.
  public init(_ ids: [EntryID], length: Duration, at: Duration) {
    self.length = length
    held = Set(ids)
    taken = held.count
    renewedAt = at
  }

  /// - Parameters:
  ///   - ids: those that Redis says are still ours.
  ///   - at: a moment before it was asked.
  public mutating func renewed(_ ids: [EntryID], at: Duration) {
    held.formIntersection(ids)
    renewedAt = max(renewedAt, at)
  }

  /// Whether all that was taken is ours for certain.
  public func isHeld(at now: Duration) -> Bool { held.count == taken && now - renewedAt < length }

  /// When to renew: three times a lease, so that two failures in a row cost nothing.
  public var renewalPause: Duration { length / 3 }
}
