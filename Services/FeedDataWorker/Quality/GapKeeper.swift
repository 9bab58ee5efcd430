import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Finds the gaps among the candles of the worker's feeds and has them filled, where the provider still has what is missing; and
/// those of ticks that a poller has noted and not filled. Each is a row that a person can look at. What is filled is stored and not announced: it is too old to fire anything, and
/// whoever waits for it as truth reads it from PostgreSQL.
struct GapKeeper: Service {
  let keys: [FeedKey]
  let provider: any FeedProvider
  let store: Store
  let duty: any FeedDuty
  let pace: RequestPace
  /// How far back a start looks.
  let lookBackSeconds: Int
  /// How long gaps and findings are kept.
  let keepDays: Int
  let logger: Logger
  /// The longer candles of these feeds, which are made anew where a gap was filled.
  var derived: [FeedKey: DerivedCandles] = [:]
  var pause: Duration = .seconds(30)
  /// Until a gap is asked for: the feed's poller fetches again from a hole that is new.
  var firstLookSeconds = 60.0
  var patience = GapPatience()
  var now: @Sendable () -> Timestamp = { Timestamp.now() }

  /// Gaps of a feed that are asked for in one turn.
  private static let atOnce = 10
  /// Pages of one gap in one turn.
  private static let longestWalk = 20
  /// A start looks through a day at least.
  private static let leastLookBack = 86_400

  func run() async throws {
    // Beyond these times all that is stored was looked through.
    var looked: [FeedKey: Timestamp] = [:]
    try await every(pause, logger: logger) {
      guard duty.isHeld else {
        looked = [:]
        return
      }
      for key in keys where !Task.isShuttingDownGracefully {
        if key.kind == .candle { looked[key] = try await keep(key, since: looked[key]) } else { try await keep(key) }
      }
      try await store.gaps.forget(before: now().adding(seconds: -86_400 * keepDays))
    }
  }

  /// Looks at a feed once, and asks for what is missing and due.
  /// - Returns: from where the next look may go on.
  func keep(_ key: FeedKey, since: Timestamp?) async throws -> Timestamp? {
    let step = Granularity(key.granularity)?.seconds ?? 60
    let begin = since ?? now().adding(seconds: -max(lookBackSeconds, Self.leastLookBack))
    let newest = try await store.gaps.look(
      at: key, since: begin, stepSeconds: step, firstLookSeconds: firstLookSeconds)
    for gap in try await store.gaps.due(of: key, limit: Self.atOnce) where duty.isHeld && !Task.isShuttingDownGracefully
    {
      try await repair(gap)
      _ = try await store.gaps.look(at: key, since: gap.from.adding(seconds: -step), stepSeconds: step)
    }
    try await tellCount(of: key)
    return newest ?? since
  }

  /// Asks for the ticks of spans in which some may be missing and that are due.
  func keep(_ key: FeedKey) async throws {
    for gap in try await store.gaps.due(of: key, limit: Self.atOnce) where duty.isHeld && !Task.isShuttingDownGracefully
    {
      try await repair(gap)
    }
    try await tellCount(of: key)
  }

  private func tellCount(of key: FeedKey) async throws {
    Gauge(label: "coordinator_feed_gaps", dimensions: [("subject", key.subject)])
      .record(Double(try await store.gaps.openCount(of: key)))
  }

  /// Asks for a gap, and notes when it is to be asked for again if it is still there.
  private func repair(_ gap: FeedGap) async throws {
    do {
      let (stored, isWhole) = try await fetch(gap)
      if stored > 0 {
        Counter(label: "coordinator_feed_gap_records_total", dimensions: [("subject", gap.key.subject)])
          .increment(by: stored)
        logger.notice(
          "gap filled",
          metadata: [
            "subject": "\(gap.key.subject)", "from": "\(gap.from)", "records": "\(stored)", "missing": "\(gap.missing)",
          ])
      }
      // Where the provider has nothing, nobody traded; of candles that is another gap.
      if stored > 0 || (gap.key.kind != .candle && isWhole) { return }
      let looks = Int(gap.looks) + 1
      try await store.gaps.looked(
        at: gap.id, reason: "the provider answers, and has nothing of this time", counts: true,
        isAbsent: patience.isOver(looks: looks), nextSeconds: patience.pause(looks: looks))
    } catch let error as FeedError {
      // What is refused for good is not asked for again; else the provider is away, and what it has is not known.
      try await store.gaps.looked(
        at: gap.id, reason: error.reason, counts: false, isAbsent: !error.isTransient,
        nextSeconds: max(patience.first, error.retryAfter ?? 0))
    }
  }

  /// Stores what the provider has of a gap, and says how many records that were and whether it was asked for all of it. A gap of
  /// very many is filled over several turns.
  private func fetch(_ gap: FeedGap) async throws -> (stored: Int, isWhole: Bool) {
    // The end is in a gap of ticks.
    let end = gap.key.kind == .candle ? gap.to : Timestamp(microseconds: gap.to.microseconds + 1)
    var walk = BackfillWalk(key: gap.key, start: gap.from, end: end)
    var stored = 0
    while walk.pages < Self.longestWalk, duty.isHeld, !Task.isShuttingDownGracefully {
      guard let request = walk.next(now: now()) else { break }
      await pace.turn()
      let page = try await provider.fetch(request).whole()
      walk.took(page)
      let missing = page.records.filter { gap.from <= $0.eventTime && $0.eventTime < end && $0.isClosed }
      if !missing.isEmpty { try await store.feeds.ingest(missing, phase: "repair") }
      stored += missing.count
      let filled = gap.from...max(gap.from, walk.next(now: now()) == nil ? gap.to : walk.cursor)
      let span = max(gap.from, request.start ?? gap.from)...filled.upperBound
      try await derived[gap.key]?.remake(span, whole: filled, phase: "repair")
      if gap.key.kind != .candle {
        try await store.gaps.filled(gap.key, from: filled.lowerBound, through: filled.upperBound)
      }
    }
    return (stored, walk.next(now: now()) == nil)
  }
}

/// Decides when a gap that the provider had nothing of is asked for again: ever more rarely, and at last no more. Some gaps
/// stay: a market that was closed, a minute without a trade.
struct GapPatience: Sendable {
  /// Seconds until the second time; doubles.
  var first = 60.0
  var longest = 21_600.0
  /// How often in all: about a day.
  var looks = 12

  func isOver(looks: Int) -> Bool { looks >= self.looks }
  func pause(looks: Int) -> Double { min(first * Double(1 << min(looks - 1, 20)), longest) }
}
