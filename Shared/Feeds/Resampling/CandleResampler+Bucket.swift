import Competition

extension CandleResampler {
  /// What is known of one candle.
  struct Bucket: Sendable {
    private var parts = CandleParts()
    private(set) var ingested: Timestamp?
    /// What was told of it last.
    private(set) var told: FeedRecord?
    /// When it was first seen that it is over and may not be whole.
    var overdueSince: Timestamp?
    /// Whether something was put that the candle was not made of yet.
    private(set) var hasNews = false

    var count: Int { parts.count }
    var closedCount: Int { parts.closedCount }

    var isClosed: Bool { told?.isClosed ?? false }

    /// - Parameter known: what was known of the same candle; what it told is not told again.
    init(after known: Bucket? = nil) {
      told = known?.told
      overdueSince = known?.overdueSince
    }

    /// Puts a record in its place. A forming part never replaces a closed one; one without a price is none.
    mutating func put(_ record: FeedRecord) {
      func number(_ names: String...) -> Double? { names.lazy.compactMap { record.values[$0]?.number }.first }
      guard let close = number("close", "price"), close.isFinite else { return }
      let part = CandleParts.Part(
        open: number("open") ?? close, high: number("high") ?? close, low: number("low") ?? close, close: close,
        volume: number("volume", "quantity", "size") ?? 0, isClosed: record.isClosed)
      guard parts.put(part, at: record.eventTime) else { return }
      ingested = max(ingested ?? record.ingestedTime, record.ingestedTime)
      hasNews = true
    }

    /// What the candle is by now; nil without any part.
    mutating func values() -> JSONObject? {
      hasNews = false
      return parts.values()
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
