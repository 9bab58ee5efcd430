import Bus
import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Keeps one feed up to date: everything since the watermark first, page by page, then what is new at every poll. The same
/// walk closes the gap that an outage left, and goes back to holes that a provider fills late. A provider that fails is
/// asked again for ever, ever more slowly.
struct FeedPoller: Sendable {
  let key: FeedKey
  let provider: any FeedProvider
  let store: Store
  let bus: any Bus
  let pollSeconds: Double
  let backfillSeconds: Int
  let health: Health
  let logger: Logger
  /// After a failure; doubles up to the longest.
  var firstPause: Duration = .seconds(1)
  var longestPause: Duration = .seconds(60)
  var now: @Sendable () -> Timestamp = { Timestamp.now() }

  func run() async throws {
    try await prepare()
    var progress = FeedProgress(key: key)
    var pause = firstPause
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      do {
        try await advance(&progress)
        health.ready(key.subject)
        pause = firstPause
        await rest(.seconds(pollSeconds))
      } catch let error as FeedError {
        count("coordinator_feed_errors_total", 1)
        logger.warning("provider failed", metadata: ["cause": "\(error)", "next": "\(pause)"])
        health.notReady(key.subject, reason: error.reason)
        await rest(pause)
        pause = min(pause * 2, longestPause)
      }
    }
  }

  private func prepare() async throws {
    let stored = try await persistently("read the feed's state", logger: logger) {
      try await store.feeds.providerState(of: key)
    }
    let state = try await provider.prepare(key, stored: stored, now: now())
    guard state != stored else { return }
    try await persistently("store the feed's state", logger: logger) {
      try await store.feeds.setProviderState(state, of: key)
    }
  }

  /// Walks from the oldest record that may still change to the present. The first walk fills the past.
  func advance(_ progress: inout FeedProgress) async throws {
    let began = now()
    var walk = BackfillWalk(
      key: key, start: try await start(&progress, now: began),
      end: began.adding(seconds: FeedProgress.longestLead), endsAtShortPage: true)
    while let request = walk.next(now: now()), !Task.isShuttingDownGracefully {
      let page = try await provider.fetch(request)
      Metrics.Timer(label: "coordinator_feed_fetch_seconds", dimensions: [("subject", key.subject)])
        .recordSeconds(now().seconds(since: request.now))
      let news = progress.news(in: page, now: request.now)
      for reason in news.rejected {
        count("coordinator_feed_rows_rejected_total", 1)
        logger.warning("row left out", metadata: ["reason": "\(reason)"])
      }
      try await take(news.records, &progress)
      walk.took(page)
    }
    progress.endOfWalk()
    if let newest = progress.newest {
      Gauge(label: "coordinator_feed_age_seconds", dimensions: [("subject", key.subject)])
        .record(began.seconds(since: newest))
    }
  }

  private func start(_ progress: inout FeedProgress, now: Timestamp) async throws -> Timestamp {
    let mayChange: Timestamp? = try await persistently("read the watermark", logger: logger) {
      guard let watermark = try await store.feeds.watermark(of: key) else { return nil }
      let span = 1_000 * progress.stepSeconds
      let unclosed = try await store.feeds.oldestUnclosed(
        of: key, since: watermark.adding(seconds: -span))
      return min(unclosed ?? watermark, watermark)
    }
    return progress.start(from: mayChange, backfillSeconds: backfillSeconds, now: now)
  }

  /// Stores records, then tells of them. The past that a backfill brings is not told of: it fills windows, and those are
  /// read from PostgreSQL. Nor is what Redis could not take for long: it is in PostgreSQL, and too old to fire anything.
  private func take(_ records: [FeedRecord], _ progress: inout FeedProgress) async throws {
    if !records.isEmpty {
      try await persistently("store feed records", logger: logger) {
        try await store.feeds.ingest(records, phase: progress.isBackfill ? "backfill" : "listen")
      }
      count("coordinator_feed_records_total", records.count)
      try await FailPoint.feedAfterStore.reach()
    }
    guard !progress.isBackfill else {
      if !records.isEmpty { logger.info("backfilled", metadata: ["records": "\(records.count)"]) }
      return
    }
    let messages = progress.announcements(adding: records)
    guard !messages.isEmpty else { return }
    do {
      try await bus.publish(messages)
      progress.announced()
    } catch {
      logger.warning("records stored and not announced yet", metadata: ["cause": "\(error)"])
    }
  }

  private func count(_ label: String, _ number: Int) {
    Counter(label: label, dimensions: [("subject", key.subject)]).increment(by: number)
  }
}
