import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import Store

/// The longer candles of one feed: made of what is taken in, stored beside it, and told of like it.
actor DerivedCandles {
  private var chain: ResamplerChain
  private let subject: String
  private let store: Store
  private let logger: Logger
  private var lateTicks = 0

  /// Records of a span that are read again after a start; more than any span of ticks should have.
  private static let mostStored = 200_000

  /// Answers nil when no longer candles are wanted.
  /// - Throws: `FeedError` when some cannot be made of this feed.
  init?(of key: FeedKey, into granularities: [Granularity], lateSeconds: Int, store: Store, logger: Logger) throws {
    guard !granularities.isEmpty else { return nil }
    chain = try ResamplerChain(of: key, into: granularities, lateSeconds: lateSeconds)
    subject = key.subject
    self.store = store
    self.logger = logger
  }

  /// Takes in records that are stored; stores the candles that they change and answers them.
  func take(_ records: [FeedRecord], phase: String) async throws -> [FeedRecord] {
    var chain = chain
    let store = store
    let logger = logger
    let candles = try await chain.add(
      records,
      stored: { key, span in
        try await persistently("read what longer candles are made of", logger: logger) {
          try await store.feeds.records(
            of: key, from: span.lowerBound, through: span.upperBound, limit: Self.mostStored)
        }
      },
      store: { made in
        guard !made.isEmpty else { return }
        try await persistently("store longer candles", logger: logger) {
          try await store.feeds.ingest(made, phase: phase)
        }
      })
    self.chain = chain
    tellLate()
    return candles
  }

  private func tellLate() {
    guard chain.lateTicks > lateTicks else { return }
    Counter(label: "coordinator_feed_late_ticks_total", dimensions: [("subject", subject)])
      .increment(by: chain.lateTicks - lateTicks)
    lateTicks = chain.lateTicks
  }
}
