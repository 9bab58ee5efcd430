import Competition

/// A bucket that was sealed, with its snapshots.
public struct SealedBucket: Sendable, Hashable {
  public var periodStart: Timestamp
  public var snapshots: [Snapshot]
}
