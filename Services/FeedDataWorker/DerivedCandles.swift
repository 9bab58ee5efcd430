import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import Store

/// The longer candles of one feed: made of what is taken in, stored beside it, and told of like it. What is filled in later, by a
/// repair or a backfill, makes those of its span anew.
actor DerivedCandles {
  nonisolated let key: FeedKey
  private let fresh: ResamplerChain
  private var chain: ResamplerChain
  private let store: Store
  private let logger: Logger
  private let now: @Sendable () -> Timestamp
  /// Records that are read at once of what candles are made of.
  private let pageSize: Int
  private var lateTicks = 0
  private let turns = Turns()
  /// The values of closed candles that were stored at the start, as far as they are live: they were told of.
  private var settled: [FeedKey: [Timestamp: JSONObject]] = [:]
  /// Candles that the start made, which are answered with the next ones.
  private var untold: [FeedRecord] = []

  /// Candles back to which a start looks for those that were left open.
  private static let lookBack = 1_000
  /// Candles that are made anew in one turn: what is live is not to wait for long.
  private static let atOnce = 100

  /// Answers nil when no longer candles are wanted.
  /// - Parameters:
  ///   - lateSeconds: how long after its end a candle waits for what comes late.
  ///   - patienceSeconds: how long one waits that may lack something.
  /// - Throws: `FeedError` when some cannot be made of this feed.
  init?(
    of key: FeedKey, into granularities: [Granularity], lateSeconds: Int, patienceSeconds: Int, store: Store,
    logger: Logger, pageSize: Int = 20_000, now: @Sendable @escaping () -> Timestamp = { Timestamp.now() }
  ) throws {
    guard !granularities.isEmpty else { return nil }
    self.key = key
    fresh = try ResamplerChain(
      of: key, into: granularities, lateSeconds: lateSeconds, patienceSeconds: patienceSeconds)
    chain = fresh
    self.store = store
    self.logger = logger
    self.pageSize = pageSize
    self.now = now
  }

  /// The feeds that it makes, the shortest candles first.
  nonisolated var madeKeys: [FeedKey] { fresh.resamplers.map(\.key) }

  /// Forgets what was known, since another worker may have led the feed meanwhile, and takes up the candles that are open.
  /// - Parameter claim: stores only while this lease is held.
  /// - Throws: `LeadsNoLonger` when it is not.
  func begin(claim: LeaseClaim? = nil) async throws {
    await turns.begin()
    (chain, lateTicks, untold) = (fresh, 0, [])
    turns.end()
    settled = try await storedClosed()
    guard let newest = try await newest() else { return }
    for (index, resampler) in fresh.resamplers.enumerated() {
      guard let open = try await oldestOpen(of: resampler.key) else { continue }
      let made = try await remake(
        index, open...max(open, newest.eventTime), whole: nil, phase: "listen", claim: claim)
      untold += made.filter { FeedProgress.isLive($0, now: now()) }
    }
  }

  /// Takes in records that are stored; stores the candles that they change and answers them, but for those that were closed
  /// before the start.
  /// - Parameter claim: stores only while this lease is held.
  /// - Throws: `LeadsNoLonger` when it is not.
  func take(_ records: [FeedRecord], phase: String, claim: LeaseClaim? = nil) async throws -> [FeedRecord] {
    await turns.begin()
    defer { turns.end() }
    var changed = takeChain()
    let candles = try await changed.add(records, coverage: try await coverage(), stored: stored) { made in
      try await put(made, phase: phase, claim)
    }
    chain = changed
    tellLate()
    defer { untold = [] }
    return (untold + candles).filter { !isSettled($0) }
  }

  /// What is known, to be changed where it is: a copy would cost as much as all that a candle has. What is not put back, because
  /// something failed, is forgotten and read again.
  private func takeChain() -> ResamplerChain {
    defer { chain = fresh }
    return chain
  }

  /// Whether a candle says nothing that one did not that was closed before the start.
  private func isSettled(_ candle: FeedRecord) -> Bool {
    guard let values = settled[candle.key]?[candle.eventTime] else { return false }
    return !candle.isClosed || candle.values == values
  }

  private func storedClosed() async throws -> [FeedKey: [Timestamp: JSONObject]] {
    var closed: [FeedKey: [Timestamp: JSONObject]] = [:]
    for key in madeKeys {
      let live = FeedProgress.oldestLive(of: key, now: now())...now()
      for candle in try await stored(key, live).records where candle.isClosed {
        closed[key, default: [:]][candle.eventTime] = candle.values
      }
    }
    return closed
  }

  /// Makes the candles of a span anew, of all that is stored by now, and answers those that changed.
  /// - Parameter whole: all that the provider has of this is stored.
  @discardableResult
  func remake(
    _ span: ClosedRange<Timestamp>, whole: ClosedRange<Timestamp>, phase: String
  ) async throws -> [FeedRecord] {
    var candles: [FeedRecord] = []
    for index in fresh.resamplers.indices { candles += try await remake(index, span, whole: whole, phase: phase) }
    return candles
  }

  private func remake(
    _ index: Int, _ span: ClosedRange<Timestamp>, whole: ClosedRange<Timestamp>?, phase: String,
    claim: LeaseClaim? = nil
  ) async throws -> [FeedRecord] {
    var candles: [FeedRecord] = []
    var parts = fresh.resamplers[index].spans(in: span)[...]
    while !parts.isEmpty {
      candles += try await remake(index, parts.prefix(Self.atOnce), whole: whole, phase: phase, claim: claim)
      parts = parts.dropFirst(Self.atOnce)
    }
    return candles
  }

  private func remake(
    _ index: Int, _ parts: ArraySlice<ClosedRange<Timestamp>>, whole: ClosedRange<Timestamp>?, phase: String,
    claim: LeaseClaim?
  ) async throws -> [FeedRecord] {
    await turns.begin()
    defer { turns.end() }
    guard let newest = try await newest() else { return [] }
    var coverage = try await coverage()
    coverage.whole = whole
    var changed = takeChain()
    let candles = try await changed.remake(
      index, parts, coverage: coverage, newest: newest, now: now(), stored: stored
    ) { made in
      try await put(made, phase: phase, claim)
    }
    chain = changed
    return candles
  }

  private func newest() async throws -> FeedRecord? {
    try await persistently("read the newest record", logger: logger) { try await store.feeds.newest(of: key) }
  }

  private func oldestOpen(of key: FeedKey) async throws -> Timestamp? {
    try await persistently("look for open candles", logger: logger) {
      guard let newest = try await store.feeds.watermark(of: key) else { return nil }
      let step = Granularity(key.granularity)?.seconds ?? 60
      return try await store.feeds.oldestUnclosed(of: key, since: newest.adding(seconds: -Self.lookBack * step))
    }
  }

  /// Of candles it is seen what is missing.
  private func coverage() async throws -> FeedCoverage {
    guard key.kind == .tick else { return FeedCoverage() }
    let end = now().adding(seconds: FeedProgress.longestLead)
    return FeedCoverage(
      gaps: try await persistently("look for gaps", logger: logger) {
        try await store.gaps.open(of: key, from: Timestamp(seconds: 0), through: end)
      })
  }

  /// A page of what is stored, and whether nothing comes after it.
  private func stored(
    _ key: FeedKey, _ span: ClosedRange<Timestamp>
  ) async throws -> (records: [FeedRecord], isAll: Bool) {
    let records = try await persistently("read what longer candles are made of", logger: logger) {
      try await store.feeds.records(of: key, from: span.lowerBound, through: span.upperBound, limit: pageSize)
    }
    return (records, records.count < pageSize)
  }

  private func put(_ made: [FeedRecord], phase: String, _ claim: LeaseClaim?) async throws {
    guard !made.isEmpty else { return }
    let isOurs = try await persistently("store longer candles", logger: logger) {
      try await store.feeds.ingest(made, phase: phase, claim: claim)
    }
    guard isOurs else { throw LeadsNoLonger() }
  }

  private func tellLate() {
    guard chain.lateTicks > lateTicks else { return }
    Counter(label: "coordinator_feed_late_ticks_total", dimensions: [("subject", key.subject)])
      .increment(by: chain.lateTicks - lateTicks)
    lateTicks = chain.lateTicks
  }
}
