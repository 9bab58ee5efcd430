import Competition

/// A task whose truth is asked for: times count from a whole minute.
struct TruthCase {
  static let start = Timestamp(seconds: 1_771_000_020)
  static let candles = FeedKey(source: "s", subject: "BTC", kind: .candle, granularity: "1m")
  static let ticks = FeedKey(source: "s", subject: "BTC", kind: .tick, granularity: "1s")

  let resolver: GroundTruthResolver
  let query: TruthQuery
  let resolvableAt: Timestamp

  init(_ resolver: GroundTruthResolver, _ feed: FeedKey, performedAt: Double, horizonSeconds: Double) {
    self.resolver = resolver
    let performed = Self.start.adding(seconds: performedAt)
    resolvableAt = performed.adding(seconds: horizonSeconds)
    query = resolver.query(feed: feed, performedAt: performed, resolvableAt: resolvableAt)
  }

  /// - Parameters:
  ///   - records: what the feed has, of which the query finds its part.
  ///   - passedAt: seconds after `resolvable_at` at which the feed's first later record was taken in.
  ///   - gap: seconds after the start between which ticks may be missing.
  ///   - waited: seconds since `resolvable_at`.
  func decide(
    _ records: [FeedRecord], passedAt: Double? = nil, gap: ClosedRange<Double>? = nil, waited: Double
  ) -> TruthDecision {
    resolver.resolve(
      query, records: records.filter { $0.eventTime >= query.from && $0.eventTime <= query.through },
      newest: records.last, passedAt: passedAt.map { resolvableAt.adding(seconds: $0) },
      gaps: gap.map { [Self.start.adding(seconds: $0.lowerBound)...Self.start.adding(seconds: $0.upperBound)] } ?? [],
      inputID: "INP",
      scopeKey: "BTC-60", now: resolvableAt.adding(seconds: waited))
  }

  static func minute(_ minute: Int) -> Timestamp { start.adding(seconds: 60 * minute) }

  static func candle(closingAt minute: Int, _ close: Double, closed: Bool = true) -> FeedRecord {
    FeedRecord(
      key: candles, eventTime: self.minute(minute - 1), ingestedTime: self.minute(minute),
      values: ["close": .double(close)], meta: [FeedRecord.closedMetaKey: .bool(closed)])
  }

  static func tick(_ second: Double, _ price: Double) -> FeedRecord {
    let time = start.adding(seconds: second)
    return FeedRecord(key: ticks, eventTime: time, ingestedTime: time, values: ["price": .double(price)])
  }
}

extension TruthDecision {
  var truth: GroundTruth? { if case .resolved(let truth) = self { truth } else { nil } }
  var failure: String? { if case .failed(let reason) = self { reason } else { nil } }
  var waitUntil: Timestamp? { if case .wait(let until, _) = self { until } else { nil } }
  var isWaiting: Bool { waitUntil != nil }
}
