import Competition

/// The longer candles of one feed, each made of the longest shorter ones that go into it a whole number of times, so that a
/// day of ticks is counted once and not for every granularity.
public struct ResamplerChain: Sendable {
  public private(set) var resamplers: [CandleResampler] = []

  /// - Parameter granularities: in any order.
  /// - Throws: `FeedError` when one of them cannot be made.
  public init(of source: FeedKey, into granularities: [Granularity], lateSeconds: Int) throws {
    for granularity in granularities.sorted(by: { $0.seconds < $1.seconds }) {
      let base = resamplers.last { resampler in
        Granularity(resampler.key.granularity).map { granularity.seconds % $0.seconds == 0 } ?? false
      }
      resamplers.append(try CandleResampler(of: base?.key ?? source, into: granularity, lateSeconds: lateSeconds))
    }
  }

  public var lateTicks: Int { resamplers.reduce(0) { $0 + $1.lateTicks } }

  /// Takes stored records of the source in and answers all candles that are new or have changed, the shortest first.
  /// - Parameter stored: the records of a feed and span that are stored, those taken in among them.
  public mutating func add(
    _ records: [FeedRecord],
    stored: (_ key: FeedKey, _ span: ClosedRange<Timestamp>) async throws -> [FeedRecord],
    store: (_ candles: [FeedRecord]) async throws -> Void
  ) async throws -> [FeedRecord] {
    var made: [FeedKey: [FeedRecord]] = [:]
    for index in resamplers.indices {
      let source = resamplers[index].source
      let news = made[source] ?? records
      for span in resamplers[index].unknownSpans(among: news) {
        resamplers[index].load(span, try await stored(source, span))
      }
      let candles = resamplers[index].add(news)
      try await store(candles)
      made[resamplers[index].key] = candles
    }
    return resamplers.flatMap { made[$0.key] ?? [] }
  }
}
