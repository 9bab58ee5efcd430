import Competition

/// Makes the candles of a longer granularity from the records of one feed: from shorter candles, or from ticks. Pure; records may
/// come in any order and more than once, and the same records make the same candles.
///
/// A candle spans `[start, start + granularity)`, aligned to UTC. Its open is that of its earliest part, its close that of
/// its latest, its volume the sum; a part that never came is not made up, and a span without any part has no candle. It closes
/// - made of candles: when all parts are there and closed; with parts missing, once the feed has gone on for `lateSeconds` after its
///   end and the time for repairs is over. A part that comes later still corrects it, since a provider's candle is the truth of
///   its span.
/// - made of ticks: once the feed has gone on for `lateSeconds` after its end and no gap in it is asked for any more, or the time
///   for that is over. A tick that comes later changes nothing, but one of a gap does.
///
/// What goes on is the feed's own time, so that a replay makes the same candles as the live feed did. The time for repairs,
/// `patienceSeconds`, is counted by when records were taken in: the feed's time jumps over a gap.
public struct CandleResampler: Sendable {
  /// The feed that candles are made of.
  public let source: FeedKey
  /// The feed that they make.
  public let key: FeedKey
  /// Ticks that came too late for their candle, so far.
  public private(set) var lateTicks = 0

  private let seconds: Int
  private let lateSeconds: Int
  private let patienceSeconds: Int
  /// Whether ticks are at the root of it: then a part that is missing is none that anybody traded.
  private let isOfTicks: Bool
  /// Parts that make a whole candle; nil: any number does.
  private let wholeCount: Int?
  private var buckets: [Timestamp: Bucket] = [:]
  /// The latest moment that a record has told of.
  private var clock: Timestamp?
  /// When the latest record was taken in.
  private var intake: Timestamp?

  /// Buckets of closed candles that are remembered; an older one that something comes for is loaded again.
  private static let longestMemory = 8
  /// Buckets that are remembered in all.
  private static let mostBuckets = 10_000

  /// Under this key a candle's `meta` tells of what it was made: kind and granularity.
  public static let originMetaKey = "derived_from"

  /// - Parameters:
  ///   - patienceSeconds: how long a candle that is over and may lack something waits for it.
  ///   - isOfTicks: whether the source's candles are made of ticks.
  /// - Throws: `FeedError` when such candles cannot be made of this feed.
  public init(
    of source: FeedKey, into granularity: Granularity, lateSeconds: Int, patienceSeconds: Int = 0,
    isOfTicks: Bool = false
  ) throws {
    self.source = source
    self.lateSeconds = lateSeconds
    self.patienceSeconds = patienceSeconds
    self.isOfTicks = isOfTicks || source.kind == .tick
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

  /// The spans of the candles that a span touches, ascending.
  public func spans(in span: ClosedRange<Timestamp>) -> [ClosedRange<Timestamp>] {
    let first = span.lowerBound.floored(toSeconds: seconds)
    let count = Int(span.upperBound.seconds(since: first)) / seconds
    return (0...max(0, count)).map { self.span(of: first.adding(seconds: $0 * seconds)) }
  }

  /// The spans of which something comes and nothing is known: `load` wants all their records first.
  public func unknownSpans(
    among records: [FeedRecord], coverage: FeedCoverage = FeedCoverage()
  ) -> [ClosedRange<Timestamp>] {
    let starts = Set(records.filter { !isLate($0, coverage) }.map { $0.eventTime.floored(toSeconds: seconds) })
    return starts.subtracting(buckets.keys).sorted().map(span)
  }

  /// Takes in the stored records of a span, in place of what was known of it.
  public mutating func load(_ span: ClosedRange<Timestamp>, _ records: [FeedRecord]) {
    buckets[span.lowerBound] = Bucket(after: buckets[span.lowerBound])
    loadMore(span, records)
  }

  /// Takes in more of them.
  public mutating func loadMore(_ span: ClosedRange<Timestamp>, _ records: [FeedRecord]) {
    for record in records { buckets[span.lowerBound, default: Bucket()].put(record) }
  }

  /// Takes records in and answers the candles that are new or have changed, ascending by time.
  public mutating func add(_ records: [FeedRecord], coverage: FeedCoverage = FeedCoverage()) -> [FeedRecord] {
    for record in records.sorted(by: { $0.eventTime < $1.eventTime }) {
      guard !isLate(record, coverage) else {
        lateTicks += 1
        continue
      }
      buckets[record.eventTime.floored(toSeconds: seconds), default: Bucket()].put(record)
    }
    for record in records {
      passed(record.isClosed ? record.knownTime : record.eventTime, takenIn: record.ingestedTime)
    }
    return settle(coverage)
  }

  /// Notes how far the feed has come, and when that was.
  public mutating func passed(_ time: Timestamp, takenIn: Timestamp) {
    clock = max(clock ?? time, time)
    intake = max(intake ?? takenIn, takenIn)
  }

  /// Answers the candles that are new or have changed, ascending by time, and forgets those that nobody needs any more.
  public mutating func settle(_ coverage: FeedCoverage = FeedCoverage()) -> [FeedRecord] {
    var changed: [FeedRecord] = []
    for start in buckets.keys.sorted() {
      // What is closed stays so, and what nothing came for has the values that it had.
      let hasNews = buckets[start]?.hasNews ?? false
      guard hasNews || buckets[start]?.isClosed == false else { continue }
      let isClosed = closes(start, coverage)
      guard hasNews || isClosed else { continue }
      let made = candle(at: start, isClosed)
      if let candle = buckets[start]?.news(made) { changed.append(candle) }
    }
    for start in buckets.keys.filter({ buckets[$0]?.isClosed == true }).sorted().dropLast(Self.longestMemory) {
      buckets[start] = nil
    }
    for start in buckets.keys.sorted().dropLast(Self.mostBuckets) { buckets[start] = nil }
    return changed
  }

  /// Whether the candle of a tick has closed without it, and rightly.
  private func isLate(_ record: FeedRecord, _ coverage: FeedCoverage) -> Bool {
    guard source.kind == .tick, let clock else { return false }
    let span = span(of: record.eventTime)
    return hasPassed(span.lowerBound, clock) && coverage.hasTicks(of: span)
  }

  private func hasPassed(_ start: Timestamp, _ clock: Timestamp) -> Bool {
    clock >= start.adding(seconds: seconds + lateSeconds)
  }

  private mutating func candle(at start: Timestamp, _ isClosed: Bool) -> FeedRecord? {
    guard let values = buckets[start]?.values(), let bucket = buckets[start], let ingested = bucket.ingested else {
      return nil
    }
    var meta: JSONObject = [
      FeedRecord.closedMetaKey: .bool(isClosed),
      Self.originMetaKey: .string("\(source.kind.rawValue) \(source.granularity)"), "parts": JSON(bucket.count),
    ]
    if let wholeCount { meta["of"] = JSON(wholeCount) }
    return FeedRecord(key: key, eventTime: start, ingestedTime: ingested, values: values, meta: meta)
  }

  /// Whether a candle is closed, which it stays.
  private mutating func closes(_ start: Timestamp, _ coverage: FeedCoverage) -> Bool {
    guard let bucket = buckets[start] else { return false }
    if bucket.isClosed || wholeCount.map({ bucket.closedCount == $0 }) ?? false { return true }
    guard let clock, let intake, hasPassed(start, clock) else { return false }
    if isWhole(bucket, span(of: start), coverage) { return true }
    let since = bucket.overdueSince ?? intake
    buckets[start]?.overdueSince = since
    return intake.seconds(since: since) >= Double(patienceSeconds)
  }

  /// Whether nothing will come any more for a candle that is over.
  private func isWhole(_ bucket: Bucket, _ span: ClosedRange<Timestamp>, _ coverage: FeedCoverage) -> Bool {
    guard bucket.closedCount == bucket.count else { return false }
    return isOfTicks ? coverage.hasTicks(of: span) : coverage.hasCandles(of: span)
  }
}
