import Crypto

/// Decides what was true of an input (decisions 6 and 7). Pure: records and time come in.
///
/// The price at a time is the last one known then: a tick's at its moment, a candle's close at the end of the candle. Entry
/// is the price at `performed_at`, exit the price at `resolvable_at`.
public struct GroundTruthResolver: Sendable {
  private var stalenessFraction: Double
  private let graceSeconds: Int
  private let maxWaitSeconds: Int

  /// Farthest that a stand-in may lie back where the contract sets no limit, in seconds.
  private static let unlimitedLookback = 7 * 86_400.0

  /// - Parameters:
  ///   - graceSeconds: how long a gap in the feed may be repaired before an older record stands in.
  ///   - maxWaitSeconds: how long after `resolvable_at` a silent feed is waited for.
  public init(contract: CrunchContract, graceSeconds: Int, maxWaitSeconds: Int) {
    stalenessFraction = contract.maxGroundTruthStalenessFraction
    self.graceSeconds = graceSeconds
    self.maxWaitSeconds = maxWaitSeconds
  }

  /// The same for what was asked under another contract, which says how old a record may be that stands in.
  public func under(_ contract: CrunchContract) -> GroundTruthResolver {
    var other = self
    other.stalenessFraction = contract.maxGroundTruthStalenessFraction
    return other
  }

  public func query(feed: FeedKey, performedAt: Timestamp, resolvableAt: Timestamp) -> TruthQuery {
    let entry = Self.eventTime(at: performedAt, feed)
    return TruthQuery(
      feed: feed, from: entry.adding(seconds: -tolerance(feed, performedAt, resolvableAt)),
      through: Self.eventTime(at: resolvableAt, feed), performedAt: performedAt, resolvableAt: resolvableAt)
  }

  /// The truth of an input whose horizon is 0: what the models were shown.
  public static func immediate(input: Input, scopeKey: String, now: Timestamp) -> GroundTruth {
    GroundTruth(
      inputID: input.id, scopeKey: scopeKey, value: input.rawData,
      recordsDigest: SHA256.hash(data: Array(JSON.object(input.rawData).text.utf8)).hexadecimal, resolvedAt: now)
  }

  /// The truth of a row of a round: what was posted.
  public static func posted(_ value: JSONObject, inputID: String, scopeKey: String, now: Timestamp) -> GroundTruth {
    GroundTruth(
      inputID: inputID, scopeKey: scopeKey, value: value,
      recordsDigest: SHA256.hash(data: Array(JSON.object(value).text.utf8)).hexadecimal, resolvedAt: now)
  }

  /// - Parameters:
  ///   - records: what the query found, ascending.
  ///   - newest: the feed's newest record, nil when it has none.
  ///   - passedAt: when the feed's first record after the query's end was taken in; nil when there is none.
  ///   - gaps: spans in which ticks may be missing that are still asked for.
  public func resolve(
    _ query: TruthQuery, records: [FeedRecord], newest: FeedRecord?, passedAt: Timestamp?,
    gaps: [ClosedRange<Timestamp>] = [], inputID: String, scopeKey: String, now: Timestamp
  ) -> TruthDecision {
    switch self.records(query, among: records, newest: newest, passedAt: passedAt, gaps: gaps, now: now) {
    case .found(let used): Self.truth(of: used, DefaultGroundTruth.value(of: used), inputID, scopeKey, now)
    case .wait(let until, let reason): .wait(until: until, reason: reason)
    case .failed(let reason): .failed(reason: reason)
    }
  }

  /// The records that a truth is made of, from the entry's to the exit's.
  /// - Parameters:
  ///   - records: what the query found, ascending.
  ///   - newest: the feed's newest record, nil when it has none.
  ///   - passedAt: when the feed's first record after the query's end was taken in; nil when there is none.
  ///   - gaps: spans in which ticks may be missing that are still asked for. Of candles everybody sees what is missing.
  public func records(
    _ query: TruthQuery, among records: [FeedRecord], newest: FeedRecord?, passedAt: Timestamp?,
    gaps: [ClosedRange<Timestamp>] = [], now: Timestamp
  ) -> TruthRecords {
    let closed = records.filter(\.isClosed)
    let tolerance = tolerance(query.feed, query.performedAt, query.resolvableAt)
    let entry = Price(at: query.performedAt, in: closed, query.feed, tolerance)
    let exit = Price(at: query.resolvableAt, in: closed, query.feed, tolerance)
    let isFinal = query.feed.kind == .candle || (newest.map { $0.eventTime >= query.resolvableAt } ?? false)

    if isFinal, let entry, let exit, entry.isExact, exit.isExact {
      let first = closed[entry.index].eventTime
      guard gaps.contains(where: { $0.upperBound > first && $0.lowerBound <= query.resolvableAt }) else {
        return .found(Self.used(closed, entry, exit))
      }
    }
    // A tick at the very end is in the query, and has passed it.
    let passedAt = passedAt ?? (query.feed.kind != .candle && isFinal ? newest?.ingestedTime : nil)
    let waited = now.seconds(since: query.resolvableAt)
    if let passedAt, now.seconds(since: passedAt) >= Double(graceSeconds) || waited >= Double(maxWaitSeconds) {
      return settled(query, closed, tolerance)
    }
    guard waited < Double(maxWaitSeconds) else {
      return .failed(reason: "the feed had no record up to \(query.resolvableAt) within \(maxWaitSeconds) s of it")
    }
    let pause = min(5, max(0.1, waited / 4))
    return .wait(
      until: now.adding(seconds: pause),
      reason: passedAt == nil ? "the feed has not come so far" : "the feed has a gap that may be repaired")
  }

  /// The records that a truth is made of when nothing more is waited for. So a stored truth is recomputed: from the records
  /// that it was made of follows the same.
  /// - Parameter records: what the query found, ascending.
  public func settledRecords(_ query: TruthQuery, among records: [FeedRecord]) -> TruthRecords {
    settled(
      query, records.filter(\.isClosed), tolerance(query.feed, query.performedAt, query.resolvableAt))
  }

  /// What becomes of a task whose records are there and whose truth could not be made of them: it is tried again for as long
  /// as a gap may be repaired, and then fails.
  public func retry(_ query: TruthQuery, because reason: String, now: Timestamp) -> TruthDecision {
    let waited = now.seconds(since: query.resolvableAt)
    guard waited < Double(graceSeconds) else { return .failed(reason: "the truth could not be made: \(reason)") }
    return .wait(until: now.adding(seconds: min(30, max(1, waited / 4))), reason: reason)
  }

  private func settled(_ query: TruthQuery, _ closed: [FeedRecord], _ tolerance: Double) -> TruthRecords {
    guard let entry = Price(at: query.performedAt, in: closed, query.feed, tolerance) else {
      return .failed(reason: Self.missing("performed_at", query.performedAt, tolerance))
    }
    guard let exit = Price(at: query.resolvableAt, in: closed, query.feed, tolerance) else {
      return .failed(reason: Self.missing("resolvable_at", query.resolvableAt, tolerance))
    }
    return .found(Self.used(closed, entry, exit))
  }

  /// A record that tells a price, and whether it is the one asked for or an older one that stands in.
  private struct Price {
    var index: Int
    var isExact: Bool

    init?(at time: Timestamp, in records: [FeedRecord], _ feed: FeedKey, _ tolerance: Double) {
      let wanted = GroundTruthResolver.eventTime(at: time, feed)
      guard let index = records.lastIndex(where: { $0.eventTime <= wanted }),
        wanted.seconds(since: records[index].eventTime) <= tolerance
      else { return nil }
      self.index = index
      isExact = feed.kind != .candle || records[index].eventTime == wanted
    }
  }

  /// A record that is both is handed over twice: a still market is a return of 0.
  private static func used(_ records: [FeedRecord], _ entry: Price, _ exit: Price) -> [FeedRecord] {
    entry.index == exit.index
      ? [records[entry.index], records[exit.index]]
      : Array(records[entry.index...max(entry.index, exit.index)])
  }

  /// The truth that was made of records.
  /// - Parameter value: nil when they tell none.
  public static func truth(
    of used: [FeedRecord], _ value: JSONObject?, _ inputID: String, _ scopeKey: String, _ now: Timestamp
  ) -> TruthDecision {
    guard let value else { return .failed(reason: "a record that tells the price has none") }
    return .resolved(
      GroundTruth(
        inputID: inputID, scopeKey: scopeKey, value: value, recordsDigest: Self.digest(used), resolvedAt: now))
  }

  /// The event time of the record that tells the price at `time`: for candles, of the one that closes at the last whole
  /// granularity; for ticks, the latest that may.
  public static func eventTime(at time: Timestamp, _ feed: FeedKey) -> Timestamp {
    guard feed.kind == .candle, let granularity = Granularity(feed.granularity) else { return time }
    return time.floored(toSeconds: granularity.seconds).adding(seconds: -granularity.seconds)
  }

  /// How far before the wanted record a stand-in may lie, in seconds.
  private func tolerance(_ feed: FeedKey, _ performedAt: Timestamp, _ resolvableAt: Timestamp) -> Double {
    guard stalenessFraction > 0 else { return Self.unlimitedLookback }
    let granularity = Double(Granularity(feed.granularity)?.seconds ?? 1)
    return max(granularity, stalenessFraction * resolvableAt.seconds(since: performedAt))
  }

  private static func missing(_ what: String, _ time: Timestamp, _ tolerance: Double) -> String {
    "the feed has no price for \(what) \(time) that is at most \(tolerance.pythonText) s old"
  }

  /// sha256 over the records, a line each.
  static func digest(_ records: [FeedRecord]) -> String {
    var hash = SHA256()
    for record in records {
      let line =
        "\(RecordIDs.watermark(record.key))|\(record.eventTime.iso8601(.offset))|\(JSON.object(record.values).text)\n"
      hash.update(data: Array(line.utf8))
    }
    return hash.finalize().hexadecimal
  }
}
