import Competition

/// How far a feed has been taken in.
public struct FeedSummary: Sendable, Hashable {
  public var key: FeedKey
  /// The time of its newest record; nil before the first.
  public var watermark: Timestamp?
  public var updatedAt: Timestamp
  /// What moved the watermark last: `backfill`, `listen`, `backfill-manual`.
  public var phase: String
}
