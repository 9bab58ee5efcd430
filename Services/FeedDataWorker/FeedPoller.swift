import Bus
import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Keeps one feed up to date: everything since the watermark first, page by page, then what a stream tells and what is new at
/// every poll. The same walk closes the gap that an outage left, and goes back to holes that a provider fills late. A
/// provider that fails is asked again for ever, ever more slowly.
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

  /// What a stream tells; stays empty for a provider that only answers.
  var inbox = FeedInbox()
  /// Without a word for so long a stream counts as silent.
  var silence: Duration = .seconds(60)
  /// How far a price may be from the one before until that is a finding, as a part of it.
  var outlierFraction = 0.1
  /// How old the newest record may be until the feed counts as not ready; nil: any age.
  var longestAge: Double?
  var duty: any FeedDuty = SoleDuty()
  /// Makes longer candles of what is taken in; nil: none are wanted.
  var derived: DerivedCandles?

  func run() async throws {
    var pause = firstPause
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      guard duty.isHeld else {
        health.ready(key.subject)
        await rest(.milliseconds(100))
        continue
      }
      do {
        try await prepare()
        try await derived?.begin(claim: duty.claim)
        pause = firstPause
        try await lead()
      } catch is LeadsNoLonger {
        logger.notice("another worker takes the feed in")
        duty.lost()
      } catch let error as FeedError where error.isTransient {
        let next = max(pause, error.retryAfter.map { .seconds($0) } ?? .zero)
        count("coordinator_feed_errors_total", 1)
        logger.warning("cannot prepare the feed", metadata: ["cause": "\(error)", "next": "\(next)"])
        health.notReady(key.subject, reason: error.reason)
        pause = min(pause * 2, longestPause)
        await rest(next)
      }
    }
  }

  /// Takes the feed in for as long as it is this worker's.
  private func lead() async throws {
    var progress = FeedProgress(key: key, promptSeconds: provider.promptSeconds(of: key))
    progress.quality = QualityWatch(key: key, outlierFraction: outlierFraction)
    var cadence = FeedCadence(
      pollPause: .seconds(pollSeconds), silence: silence, firstPause: firstPause, longestPause: longestPause)
    defer { forgetAge() }
    while duty.isHeld, !Task.isShuttingDownGracefully, !Task.isCancelled {
      do {
        try await listen(&progress, &cadence)
        if cadence.isWalkDue(at: uptime) {
          try await advance(&progress) { try await listen(&$0, &cadence) }
          cadence.walked(at: uptime)
          if progress.isBehind { cadence.missed(at: uptime) }
          tellHealth(progress)
        }
      } catch let error as FeedError {
        let pause = cadence.failed(at: uptime, retryAfter: error.retryAfter.map { .seconds($0) })
        count("coordinator_feed_errors_total", 1)
        logger.warning("provider failed", metadata: ["cause": "\(error)", "next": "\(pause)"])
        if !cadence.isStreaming(at: uptime) { health.notReady(key.subject, reason: error.reason) }
      }
      tellAge(progress)
      // Another worker may lead meanwhile: that is looked at about as often as a lease is renewed.
      await inbox.wait(atMost: min(cadence.pause(at: uptime), .seconds(1)))
    }
  }

  private var uptime: Duration { Surrounding.current.uptime }

  /// Takes what the stream has told since the last time.
  private func listen(_ progress: inout FeedProgress, _ cadence: inout FeedCadence) async throws {
    let content = inbox.take()
    tellDropped(content.dropped)
    if content.opened {
      progress.cameBack(now: now())
      cadence.missed(at: uptime)
    }
    if content.ended, !content.isOpen { progress.wentAway() }
    let mayLack = key.kind == .tick && (content.missed || content.pages.contains(where: progress.mayLack))
    if mayLack {
      progress.interrupted(at: progress.newest, now: now())
      cadence.missed(at: uptime)
    }
    // Before the first walk nobody knows what was there already: the walk brings what the stream told meanwhile.
    if !progress.isBackfill, !content.pages.isEmpty {
      cadence.heard(at: uptime)
      let before = progress.newest
      var news = FeedPage()
      for page in content.pages {
        let part = progress.news(in: page, now: now())
        news.records += part.records
        news.rejected += part.rejected
        news.refused += part.refused
      }
      tell(news.rejected + news.refused, &progress)
      if !mayLack, progress.leftOut(after: before) {
        progress.interrupted(at: before, now: now())
        cadence.missed(at: uptime)
      }
      if !news.records.isEmpty { try await take(news.records, &progress) }
      tellHealth(progress)
    }
    if content.ended || !cadence.isStreaming(at: uptime) { cadence.lost(at: uptime) }
    Gauge(label: "coordinator_feed_streaming", dimensions: [("subject", key.subject)])
      .record(cadence.isStreaming(at: uptime) ? 1 : 0)
  }

  /// Walks from the oldest record that may still change to the present. The first walk fills the past; during later ones,
  /// which may be long, what the stream tells goes on between two pages.
  func advance(
    _ progress: inout FeedProgress, between: (inout FeedProgress) async throws -> Void = { _ in }
  ) async throws {
    let began = now()
    let start = try await start(&progress, now: began)
    var walk = BackfillWalk(
      key: key, start: start, end: began.adding(seconds: FeedProgress.longestLead), endsAtShortPage: true)
    let fillsGap = progress.fillsGap
    var found = 0
    var isWhole = true
    while var request = walk.next(now: now()), duty.isHeld, !Task.isShuttingDownGracefully {
      request.wantsAll = progress.wantsAll
      let page = try await provider.fetch(request)
      Metrics.Timer(label: "coordinator_feed_fetch_seconds", dimensions: [("subject", key.subject)])
        .recordSeconds(now().seconds(since: request.now))
      try await tellSkew(&progress)
      let news = progress.news(in: page, now: request.now)
      tell(news.rejected + news.refused, &progress)
      try await take(news.records, &progress)
      found += news.records.count
      walk.took(page)
      isWhole = isWhole && page.rejected.isEmpty
      if isWhole { progress.walked(to: walk.cursor) }
      if isWhole, fillsGap { try await filled(from: start, through: min(walk.cursor, began), foundAny: found > 0) }
      if !progress.isBackfill { try await between(&progress) }
    }
    guard walk.next(now: now()) == nil else { return }
    progress.endOfWalk(isWhole: isWhole)
    // What makes no sense for long is left to the keeper of gaps.
    if isWhole, fillsGap, !progress.fillsGap { try await filled(from: start, through: began, foundAny: found > 0) }
  }
}
