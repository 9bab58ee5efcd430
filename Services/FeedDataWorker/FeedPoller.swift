import Bus
import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Keeps one feed up to date: everything since the watermark first, page by page, then what is new at every poll. The same
/// walk closes the gap that an outage left. A provider that fails is asked again for ever, ever more slowly.
struct FeedPoller: Sendable {
  let key: FeedKey
  let provider: any FeedProvider
  let store: Store
  let bus: any Bus
  let pollSeconds: Double
  let backfillSeconds: Int
  let health: Health
  let logger: Logger

  static let pageSize = 500
  private static let longestPause: Duration = .seconds(60)

  func run() async throws {
    try await prepare()
    var isBackfill = true
    var seen = SeenRecords()
    var pause: Duration = .seconds(1)
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      do {
        try await advance(isBackfill: isBackfill, seen: &seen)
        health.ready(key.subject)
        isBackfill = false
        pause = .seconds(1)
        await rest(.seconds(pollSeconds))
      } catch let error as FeedError {
        Counter(label: "coordinator_feed_errors_total", dimensions: [("subject", key.subject)]).increment()
        logger.warning("provider failed", metadata: ["cause": "\(error)", "next": "\(pause)"])
        health.notReady(key.subject, reason: error.reason)
        await rest(pause)
        pause = min(pause * 2, Self.longestPause)
      }
    }
  }

  private func prepare() async throws {
    let stored = try await persistently("read the feed's state", logger: logger) {
      try await store.feeds.providerState(of: key)
    }
    let state = try await provider.prepare(key, stored: stored, now: .now())
    guard state != stored else { return }
    try await persistently("store the feed's state", logger: logger) {
      try await store.feeds.setProviderState(state, of: key)
    }
  }

  /// Walks from the oldest record that may still change to the present.
  private func advance(isBackfill: Bool, seen: inout SeenRecords) async throws {
    var cursor = try await start()
    while true {
      let now = Timestamp.now()
      let page = try await provider.fetch(
        FeedRequest(key: key, start: cursor, end: now, limit: Self.pageSize, now: now))
      for reason in page.rejected {
        Counter(label: "coordinator_feed_rows_rejected_total", dimensions: [("subject", key.subject)]).increment()
        logger.warning("row left out", metadata: ["reason": "\(reason)"])
      }
      let fresh = page.records.filter { seen.isNews($0) }
      if !fresh.isEmpty { try await take(fresh, isBackfill: isBackfill) }
      guard let newest = page.records.last?.eventTime, newest > cursor, page.records.count >= Self.pageSize,
        !Task.isShuttingDownGracefully
      else { return }
      cursor = newest
    }
  }

  private func start() async throws -> Timestamp {
    try await persistently("read the watermark", logger: logger) {
      guard let watermark = try await store.feeds.watermark(of: key) else {
        return Timestamp.now().adding(seconds: -backfillSeconds)
      }
      let span = 1_000 * (Granularity(key.granularity)?.seconds ?? 1)
      let unclosed = try await store.feeds.oldestUnclosed(of: key, since: watermark.adding(seconds: -span))
      return min(unclosed ?? watermark, watermark)
    }
  }

  /// Stores records, then tells of them. Without Redis the predict worker finds them in PostgreSQL. The past that a
  /// backfill brings is not told of: it fills windows, and those are read from there.
  private func take(_ records: [FeedRecord], isBackfill: Bool) async throws {
    try await persistently("store feed records", logger: logger) {
      try await store.feeds.ingest(records, phase: isBackfill ? "backfill" : "listen")
    }
    Counter(label: "coordinator_feed_records_total", dimensions: [("subject", key.subject)]).increment(by: records.count)
    guard !isBackfill else {
      return logger.info("backfilled", metadata: ["records": "\(records.count)"])
    }
    do {
      try await bus.publish(records.map(FeedRecordMessage.init))
    } catch {
      logger.warning("records stored and not announced", metadata: ["cause": "\(error)"])
    }
  }
}

/// The records handed on lately, so that a candle that did not change is not handed on again.
struct SeenRecords: Sendable {
  private var known: [Timestamp: FeedRecord] = [:]

  mutating func isNews(_ record: FeedRecord) -> Bool {
    if let last = known[record.eventTime], last.values == record.values, last.isClosed == record.isClosed { return false }
    known[record.eventTime] = record
    if known.count > 2_000 {
      for time in known.keys.sorted().prefix(1_000) { known[time] = nil }
    }
    return true
  }
}
