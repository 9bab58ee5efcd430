import Competition

/// Makes the candles of a longer granularity from the records of one feed: from shorter candles, or from ticks. Pure; records may
/// come in any order and more than once, and the same records make the same candles.
///
/// A candle spans `[start, start + granularity)`, aligned to UTC. Its open is that of its earliest part, its close that of
/// its latest, its volume the sum; a part that never came is not made up, and a span without any part has no candle. It closes
/// - made of candles: when all parts are there and closed; with parts missing, once the feed has gone on for `lateSeconds` after its
///   end. A part that comes later still corrects it, since a provider's candle is the truth of its span.
/// - made of ticks: once the feed has gone on for `lateSeconds` after its end. A tick that comes later changes nothing.
///
/// What goes on is the feed's own time, so that a replay makes the same candles as the live feed did.
public struct CandleResampler: Sendable {
  /// The feed that candles are made of.
  public let source: FeedKey
  /// The feed that they make.
  public let key: FeedKey
  /// Ticks that came too late for their candle, so far.
  public private(set) var lateTicks = 0

  private let seconds: Int
  private let lateSeconds: Int
  /// Parts that make a whole candle; nil: any number does.
  private let wholeCount: Int?
  private var buckets: [Timestamp: Bucket] = [:]
  /// The latest moment that a record has told of.
  private var clock: Timestamp?

  /// Buckets that are remembered; an older one that something comes for is loaded again.
  private static let longestMemory = 8

  /// Under this key a candle's `meta` tells of what it was made: kind and granularity.
  public static let originMetaKey = "derived_from"

  /// - Throws: `FeedError` when such candles cannot be made of this feed.
  public init(of source: FeedKey, into granularity: Granularity, lateSeconds: Int) throws {
    self.source = source
    self.lateSeconds = lateSeconds
    seconds = granularity.seconds
    key = FeedKey(source: source.source, subject: source.subject, kind: .candle, granularity: granularity.text)
    switch source.kind {
    case .tick: wholeCount = nil
    case .candle:
      guard let part = Granularity(source.granularity)?.seconds, part < seconds, seconds % part == 0 else {
        throw FeedError(
          "candles of \(granularity) cannot be made of candles of \(source.granularity): it must go into them a whole "
            + "number of times", isTransient: false)
      }
      wholeCount = seconds / part
    default:
      throw FeedError(
        "candles cannot be made of records of kind \(source.kind.rawValue); of candles and ticks they can",
        isTransient: false)
    }
  }

  /// The span of the candle that a moment belongs to, both ends included.
  public func span(of time: Timestamp) -> ClosedRange<Timestamp> {
    let start = time.floored(toSeconds: seconds)
    return start...Timestamp(microseconds: start.microseconds + Int64(seconds) * 1_000_000 - 1)
  }

  /// The spans of which something comes and nothing is known: `load` wants all their records first.
  public func unknownSpans(among records: [FeedRecord]) -> [ClosedRange<Timestamp>] {
    let starts = Set(records.filter { !isLate($0) }.map { $0.eventTime.floored(toSeconds: seconds) })
    return starts.subtracting(buckets.keys).sorted().map(span)
  }

  /// Takes in the stored records of a span.
  public mutating func load(_ span: ClosedRange<Timestamp>, _ records: [FeedRecord]) {
    var bucket = Bucket()
    for record in records { _ = bucket.put(record) }
    buckets[span.lowerBound] = bucket
  }

  /// Takes records in and answers the candles that are new or have changed, ascending by time.
  public mutating func add(_ records: [FeedRecord]) -> [FeedRecord] {
    for record in records.sorted(by: { $0.eventTime < $1.eventTime }) {
      guard !isLate(record) else {
        lateTicks += 1
        continue
      }
      _ = buckets[record.eventTime.floored(toSeconds: seconds), default: Bucket()].put(record)
    }
    for record in records { clock = max(clock ?? record.knownTime, record.knownTime) }
    var changed: [FeedRecord] = []
    for start in buckets.keys.sorted() {
      let made = candle(at: start)
      if let candle = buckets[start]?.news(made) { changed.append(candle) }
    }
    for start in buckets.keys.sorted().dropLast(Self.longestMemory) { buckets[start] = nil }
    return changed
  }

  /// Whether the candle of a tick has closed without it.
  private func isLate(_ record: FeedRecord) -> Bool {
    guard source.kind == .tick, let clock else { return false }
    return hasPassed(record.eventTime.floored(toSeconds: seconds), clock)
  }

  private func hasPassed(_ start: Timestamp, _ clock: Timestamp) -> Bool {
    clock >= start.adding(seconds: seconds + lateSeconds)
  }

  private func candle(at start: Timestamp) -> FeedRecord? {
    guard let bucket = buckets[start], let values = bucket.values, let ingested = bucket.ingested else { return nil }
    let isWhole = wholeCount.map { bucket.closedCount == $0 } ?? false
    var meta: JSONObject = [
      FeedRecord.closedMetaKey: .bool(isWhole || (clock.map { hasPassed(start, $0) } ?? false)),
      Self.originMetaKey: .string("\(source.kind.rawValue) \(source.granularity)"), "parts": JSON(bucket.count),
    ]
    if let wholeCount { meta["of"] = JSON(wholeCount) }
    return FeedRecord(key: key, eventTime: start, ingestedTime: ingested, values: values, meta: meta)
  }
}

extension CandleResampler {
  /// What is known of one candle.
  private struct Bucket: Sendable {
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
    private var told: FeedRecord?

    var count: Int { parts.count }
    var closedCount: Int { parts.values.count(where: \.isClosed) }

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
