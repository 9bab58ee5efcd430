import Competition
import Logging
import ServiceKit
import Store

/// The longer candles of a tape: made of each page that is stored, and put among its records where they close. What was told of
/// them is noted with the records, so that a restart tells of what was only stored.
actor TapeCandles {
  private let makers: [DerivedCandles]
  private let lateSeconds: Int
  private let store: Store
  private let logger: Logger
  /// The newest candle of each feed that was handed on.
  private var handed: [FeedKey: Timestamp] = [:]

  /// Candles that are read at once.
  private static let pageSize = 1_000

  /// - Parameter lateSeconds: that of the makers.
  init(_ makers: [DerivedCandles], lateSeconds: Int, store: Store, logger: Logger) {
    self.makers = makers
    self.lateSeconds = lateSeconds
    self.store = store
    self.logger = logger
  }

  /// Takes up what another start left.
  /// - Parameter told: up to where the tape's own records were told of.
  /// - Throws: `LeadsNoLonger` when the lease is not held.
  func begin(after told: [FeedKey: Timestamp], claim: LeaseClaim?) async throws {
    for maker in makers {
      for key in maker.madeKeys {
        let known = try await persistently("read how far candles were told of", logger: logger) {
          try await store.feeds.providerState(of: key)[TapePlayer.toldKey]?.int
        }
        let length = Granularity(key.granularity)?.seconds ?? 0
        // A candle that began before that was not over then.
        handed[key] =
          known.map { Timestamp(microseconds: $0) }
          ?? (told[maker.key] ?? Timestamp(seconds: 0)).adding(seconds: -length)
      }
      try await maker.begin(claim: claim)
    }
  }

  /// Makes the candles of a page that is stored, and answers it with those among it that are closed now.
  /// - Throws: `LeadsNoLonger` when the lease is not held.
  func take(_ records: [FeedRecord], claim: LeaseClaim?) async throws -> [FeedRecord] {
    var closed: [FeedRecord] = []
    for maker in makers {
      let own = records.filter { $0.key == maker.key }
      guard let clock = own.last?.knownTime else { continue }
      _ = try await maker.take(own, phase: "listen", claim: claim)
      for key in maker.madeKeys { closed += try await next(of: key, by: clock) }
    }
    guard !closed.isEmpty else { return records }
    return (records + closed).sorted { place(of: $0) < place(of: $1) }
  }

  /// The candles of a feed that are closed by this time of the tape and were not handed on yet. What is stored is asked: another
  /// start may have made them.
  private func next(of key: FeedKey, by clock: Timestamp) async throws -> [FeedRecord] {
    var candles: [FeedRecord] = []
    while true {
      let begin = handed[key].map { Timestamp(microseconds: $0.microseconds + 1) } ?? clock
      let page = try await persistently("read longer candles", logger: logger) {
        try await store.feeds.records(of: key, from: begin, through: max(begin, clock), limit: Self.pageSize)
      }
      let closed = page.prefix { $0.isClosed && closingTime(of: $0) <= clock }
      handed[key] = closed.last?.eventTime ?? handed[key]
      candles += closed
      if closed.count < Self.pageSize { return candles }
    }
  }

  /// When a candle closed by the tape's own time.
  private func closingTime(of candle: FeedRecord) -> Timestamp {
    let isOfTicks = makers.contains { $0.key.kind == .tick && $0.madeKeys.contains(candle.key) }
    let isWhole = candle.meta["of"] != nil && candle.meta["parts"] == candle.meta["of"]
    return isWhole && !isOfTicks ? candle.knownTime : candle.knownTime.adding(seconds: lateSeconds)
  }

  /// In order of time; candles behind the records that they are made of, shorter ones first.
  private func place(of record: FeedRecord) -> (Timestamp, Int, String) {
    guard !makers.contains(where: { $0.key == record.key }) else { return (record.knownTime, 0, record.key.subject) }
    return (closingTime(of: record), Granularity(record.key.granularity)?.seconds ?? 0, record.key.subject)
  }
}
