import Competition
import Metrics
import ServiceKit
import Store

/// How a poller begins a walk, and what it does with what one brings.
extension FeedPoller {
  /// Candles back to which one is looked for that was not closed.
  private static let lookBack = 1_000
  /// Records that a start reads of what is live; more than there can be.
  private static let mostLive = 1_000

  /// Where a walk begins.
  func start(_ progress: inout FeedProgress, now: Timestamp) async throws -> Timestamp {
    let (watermark, unclosed, recent) = try await persistently("read the watermark", logger: logger) {
      () -> (Timestamp?, Timestamp?, [FeedRecord]) in
      guard let watermark = try await store.feeds.watermark(of: key) else { return (nil, nil, []) }
      let unclosed = try await store.feeds.oldestUnclosed(
        of: key, since: watermark.adding(seconds: -Self.lookBack * progress.stepSeconds))
      guard progress.isBackfill, key.kind == .candle else { return (watermark, unclosed, []) }
      let recent = try await store.feeds.records(
        of: key, from: FeedProgress.oldestLive(of: key, now: now), through: watermark, limit: Self.mostLive)
      return (watermark, unclosed, recent)
    }
    progress.resume(from: watermark, recent: recent)
    let mayChange = watermark.map { min(unclosed ?? $0, $0) }
    let start = progress.start(from: mayChange, backfillSeconds: backfillSeconds, now: now)
    try await noteGaps(&progress)
    if progress.fillsGap { try await part(at: start) }
    return start
  }

  /// Stores records, as long as PostgreSQL says that the feed is ours, then tells of them: what one worker has stored no other one
  /// tells of. The past that a backfill brings is not told of: it fills windows, and those are read from PostgreSQL; but what is
  /// live is, unless a worker before this one has taken it in for good. Nor is what Redis could not take for long: it is in
  /// PostgreSQL, and too old to fire anything.
  func take(_ records: [FeedRecord], _ progress: inout FeedProgress) async throws {
    let phase = progress.isBackfill ? "backfill" : "listen"
    var derivedNews: [FeedRecord] = []
    if !records.isEmpty {
      try await noteGaps(&progress)
      let isOurs = try await persistently("store feed records", logger: logger) {
        try await store.feeds.ingest(records, phase: phase, claim: duty.claim)
      }
      guard isOurs else { throw LeadsNoLonger() }
      count("coordinator_feed_records_total", records.count)
      try await judge(records, &progress)
      derivedNews = try await derived?.take(records, phase: phase, claim: duty.claim) ?? []
      try await FailPoint.feedAfterStore.reach()
    }
    if progress.isBackfill, !records.isEmpty { logger.info("backfilled", metadata: ["records": "\(records.count)"]) }
    progress.untold.add((records + derivedNews).filter { progress.isToBeTold($0, now: now()) })
    do {
      try await progress.untold.tell(bus, now: now())
    } catch {
      let dropped = progress.untold.takeDropped()
      count("coordinator_feed_announcements_dropped_total", dropped)
      logger.warning(
        "records stored and not announced yet",
        metadata: [
          "cause": "\(error)", "waiting": "\(progress.untold.waiting.count)", "dropped": "\(dropped)",
        ])
    }
  }
}
