import Competition

/// A candle that is put together from prices as they come. What it hands out as closed is never changed again.
struct FormingCandle: Sendable {
  private var candle: FeedRecord?
  /// When its first and its last price were published.
  private var first = Timestamp(seconds: 0)
  private var last = Timestamp(seconds: 0)

  /// How long before the end of a candle its last price may have been published. After a longer silence others may have been left
  /// out: the candle stays open until the provider is asked.
  private static let longestSilence = 2.0

  /// The candle as it is, as a closed one; nil before the first price.
  var closed: FeedRecord? { candle.map { Self.marked($0, isClosed: true, at: $0.ingestedTime) } }

  /// Takes a flat candle of one price and answers what is to be stored: the candle before, when this price begins the next one,
  /// as closed if its last price is that of its end, and the forming one. A price of an earlier candle comes too late and is left out; one that is
  /// late within its candle moves its open or its extremes, not its close.
  mutating func take(_ flat: FeedRecord, published: Timestamp) -> [FeedRecord] {
    guard let known = candle, known.eventTime == flat.eventTime else {
      if let known = candle, known.eventTime > flat.eventTime { return [] }
      let closed = candle.map { known in
        Self.marked(
          known, isClosed: known.knownTime.seconds(since: last) <= Self.longestSilence, at: flat.ingestedTime)
      }
      let opened = Self.marked(flat, isClosed: false, at: flat.ingestedTime)
      candle = opened
      (first, last) = (published, published)
      return [closed, opened].compactMap { $0 }
    }
    var grown = Self.marked(published < last ? known : flat, isClosed: false, at: flat.ingestedTime)
    grown.values["open"] = (published < first ? flat : known).values["open"]
    grown.values["high"] = Self.extreme(known, flat, "high", max)
    grown.values["low"] = Self.extreme(known, flat, "low", min)
    candle = grown
    first = min(first, published)
    last = max(last, published)
    return [grown]
  }

  private static func marked(_ record: FeedRecord, isClosed: Bool, at time: Timestamp) -> FeedRecord {
    var marked = record
    marked.ingestedTime = time
    marked.meta[FeedRecord.closedMetaKey] = .bool(isClosed)
    return marked
  }

  private static func extreme(
    _ left: FeedRecord, _ right: FeedRecord, _ name: String, _ choose: (Double, Double) -> Double
  ) -> JSON? {
    guard let first = left.values[name]?.number, let second = right.values[name]?.number else {
      return right.values[name]
    }
    return .double(choose(first, second))
  }
}
