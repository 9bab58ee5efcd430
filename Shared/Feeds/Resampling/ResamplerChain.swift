import Competition

/// The longer candles of one feed, each made of the longest shorter ones that go into it a whole number of times, so that a
/// day of ticks is counted once and not for every granularity.
public struct ResamplerChain: Sendable {
  public private(set) var resamplers: [CandleResampler] = []

  /// Answers the first of the records of a feed and span that are stored, ascending, and whether that is all of them.
  public typealias Stored = (_ key: FeedKey, _ span: ClosedRange<Timestamp>) async throws -> (
    records: [FeedRecord], isAll: Bool
  )

  /// - Parameters:
  ///   - granularities: in any order.
  ///   - patienceSeconds: how long a candle that is over and may lack something waits for it.
  /// - Throws: `FeedError` when one of them cannot be made.
  public init(
    of source: FeedKey, into granularities: [Granularity], lateSeconds: Int, patienceSeconds: Int = 0
  ) throws {
    for granularity in granularities.sorted(by: { $0.seconds < $1.seconds }) {
      let base = resamplers.last { resampler in
        Granularity(resampler.key.granularity).map { granularity.seconds % $0.seconds == 0 } ?? false
      }
      resamplers.append(
        try CandleResampler(
          of: base?.key ?? source, into: granularity, lateSeconds: lateSeconds, patienceSeconds: patienceSeconds,
          isOfTicks: source.kind == .tick))
    }
  }

  public var lateTicks: Int { resamplers.reduce(0) { $0 + $1.lateTicks } }

  /// Takes stored records of the source in and answers all candles that are new or have changed, the shortest first.
  /// - Parameter stored: what is stored, the records taken in among it.
  public mutating func add(
    _ records: [FeedRecord], coverage: FeedCoverage = FeedCoverage(), isolation: isolated (any Actor)? = #isolation,
    stored: Stored,
    store: (_ candles: [FeedRecord]) async throws -> Void
  ) async throws -> [FeedRecord] {
    var made: [FeedKey: [FeedRecord]] = [:]
    for index in resamplers.indices {
      let source = resamplers[index].source
      let news = made[source] ?? records
      for span in resamplers[index].unknownSpans(among: news, coverage: coverage) {
        try await load(span, into: index, stored: stored)
      }
      let candles = resamplers[index].add(news, coverage: coverage)
      try await store(candles)
      made[resamplers[index].key] = candles
    }
    return resamplers.flatMap { made[$0.key] ?? [] }
  }

  /// Makes candles of one granularity anew, of what is stored, and answers those that are new or have changed. Shorter ones come
  /// first: longer ones are made of them.
  /// - Parameters:
  ///   - index: of the resampler.
  ///   - parts: the spans of the candles.
  ///   - newest: the newest record of the source: how far the feed has come.
  ///   - now: when that is.
  public mutating func remake(
    _ index: Int, _ parts: some Sequence<ClosedRange<Timestamp>>, coverage: FeedCoverage, newest: FeedRecord,
    now: Timestamp, isolation: isolated (any Actor)? = #isolation,
    stored: Stored,
    store: (_ candles: [FeedRecord]) async throws -> Void
  ) async throws -> [FeedRecord] {
    var made: [FeedRecord] = []
    resamplers[index].passed(newest.isClosed ? newest.knownTime : newest.eventTime, takenIn: now)
    for part in parts {
      try await load(part, into: index, stored: stored)
      made += resamplers[index].settle(coverage)
    }
    try await store(made)
    return made
  }

  /// Takes in all that is stored of a candle's span, however much that is.
  private mutating func load(
    _ span: ClosedRange<Timestamp>, into index: Int, isolation: isolated (any Actor)? = #isolation, stored: Stored
  ) async throws {
    let source = resamplers[index].source
    var page = try await stored(source, span)
    resamplers[index].load(span, page.records)
    while !page.isAll, let last = page.records.last?.eventTime, last < span.upperBound {
      page = try await stored(source, Timestamp(microseconds: last.microseconds + 1)...span.upperBound)
      resamplers[index].loadMore(span, page.records)
    }
  }
}
