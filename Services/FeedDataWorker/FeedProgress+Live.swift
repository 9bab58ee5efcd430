import Competition

/// What is live: new enough to fire something.
extension FeedProgress {
  /// Whether a record is live. A candle is as old as its end.
  static func isLive(_ record: FeedRecord, now: Timestamp) -> Bool {
    now.seconds(since: record.knownTime) <= Double(liveSeconds(of: record.key))
  }

  /// The earliest time that a record of a feed can have and be live.
  static func oldestLive(of key: FeedKey, now: Timestamp) -> Timestamp {
    now.adding(seconds: -liveSeconds(of: key) - (Granularity(key.granularity)?.seconds ?? 0))
  }

  private static func liveSeconds(of key: FeedKey) -> Int { max(2 * (Granularity(key.granularity)?.seconds ?? 1), 30) }
}
