import Competition

extension CandleResampler {
  /// What is known of one candle.
  struct Bucket: Sendable {
    private struct Part: Sendable, Hashable {
      var open: Double
      var high: Double
      var low: Double
      var close: Double
      var volume: Double
      var isClosed: Bool
    }

    private var parts: [Timestamp: Part] = [:]
    private(set) var ingested: Timestamp?
    /// What was told of it last.
    private(set) var told: FeedRecord?
    /// When it was first seen that it is over and may not be whole.
    var overdueSince: Timestamp?

    var count: Int { parts.count }
    var closedCount: Int { parts.values.count(where: \.isClosed) }

    var isClosed: Bool { told?.isClosed ?? false }

    /// - Parameter known: what was known of the same candle; what it told is not told again.
    init(after known: Bucket? = nil) {
      told = known?.told
      overdueSince = known?.overdueSince
    }

    /// Puts a record in its place. A forming part never replaces a closed one; one without a price is none.
    mutating func put(_ record: FeedRecord) -> Bool {
      func number(_ names: String...) -> Double? { names.lazy.compactMap { record.values[$0]?.number }.first }
      guard let close = number("close", "price"), close.isFinite else { return false }
      let part = Part(
        open: number("open") ?? close, high: number("high") ?? close, low: number("low") ?? close, close: close,
        volume: number("volume", "quantity", "size") ?? 0, isClosed: record.isClosed)
      if let known = parts[record.eventTime], known.isClosed, !part.isClosed { return false }
      parts[record.eventTime] = part
      ingested = max(ingested ?? record.ingestedTime, record.ingestedTime)
      return true
    }

    /// In order of time, so that sums are the same whatever came first.
    var values: JSONObject? {
      let ordered = parts.sorted { $0.key < $1.key }.map(\.value)
      guard let first = ordered.first, let last = ordered.last else { return nil }
      return [
        "open": .double(first.open), "high": .double(ordered.reduce(first.high) { max($0, $1.high) }),
        "low": .double(ordered.reduce(first.low) { min($0, $1.low) }), "close": .double(last.close),
        "volume": .double(ordered.reduce(0) { $0 + $1.volume }),
      ]
    }

    /// The candle when it says something new. Only its values and whether it is closed count as news.
    mutating func news(_ candle: FeedRecord?) -> FeedRecord? {
      guard let candle else { return nil }
      if let told, told.values == candle.values, told.isClosed == candle.isClosed { return nil }
      told = candle
      return candle
    }
  }
}
