import Bus
import Competition
import Feeds

/// What a poller remembers of its feed: the records it handed on lately, holes among them, and what Redis has yet to be
/// told. Decisions only; the poller does what they say.
struct FeedProgress: Sendable {
  /// How far ahead of our clock a record may be.
  static let longestLead = 60
  /// How far back a start looks for records that were missing.
  static let lookBack = 3_600
  /// Walks in a row that begin at the same place because rows made no sense, at most.
  static let longestPatience = 10
  /// Records that wait to be announced, at most.
  static let longestQueue = 1_000

  let key: FeedKey
  /// The time from one candle to the next.
  let stepSeconds: Int
  /// Whether this is the first walk, which fills the past.
  private(set) var isBackfill = true
  private var known: [Timestamp: Seen] = [:]
  private var holes: HoleWatch
  private var waiting: [FeedRecordMessage] = []
  /// What a worker before this one took in for good ends before; nil: there was none.
  private var resumesAt: Timestamp?

  /// What is odd about the records.
  var quality: QualityWatch

  init(key: FeedKey) {
    self.key = key
    stepSeconds = Granularity(key.granularity)?.seconds ?? 1
    holes = HoleWatch(stepSeconds: stepSeconds)
    quality = QualityWatch(key: key, outlierFraction: 0.1)
  }

  /// The newest record at the end of the last walk. A stream that tells of what is newer moves the watermark, and has not told
  /// of what came while it was away: the next walk begins here.
  private var reached: Timestamp?
  private var brokenWalks = 0

  /// The event time of the newest record.
  private(set) var newest: Timestamp?

  /// Where a walk begins: at what may still change, or where there is a hole to look at; the first one earlier, or as far
  /// back as a feed without a past is to begin.
  mutating func start(from mayChange: Timestamp?, backfillSeconds: Int, now: Timestamp) -> Timestamp {
    guard let mayChange else { return now.adding(seconds: -backfillSeconds) }
    guard key.kind == .candle else { return mayChange }
    if isBackfill { return mayChange.adding(seconds: -min(Self.lookBack, backfillSeconds)) }
    return min(mayChange, reached ?? mayChange, holes.due(times: known.keys, now: now) ?? mayChange)
  }

  /// Notes how far the worker before this one has come, which is what the first walk finds.
  mutating func resume(from watermark: Timestamp?, unclosed: Timestamp?) {
    guard isBackfill, resumesAt == nil, let watermark else { return }
    // A candle that was forming then is told of again: only its closed values fire anything.
    resumesAt = unclosed.map { min($0, watermark).adding(seconds: -1) } ?? watermark
  }

  /// Whether Redis is told of a record. Of those of the first walk only what is live and was not taken in before.
  func isToBeTold(_ record: FeedRecord, now: Timestamp) -> Bool {
    guard isBackfill else { return true }
    guard let resumesAt, record.eventTime > resumesAt else { return false }
    let known = record.eventTime.adding(seconds: key.kind == .candle ? stepSeconds : 0)
    return now.seconds(since: known) <= Double(max(2 * stepSeconds, 30))
  }

  /// Whether a record is missing between `before` and what is the newest now.
  func leftOut(after before: Timestamp?) -> Bool {
    guard key.kind == .candle, let before, let newest else { return false }
    return newest.seconds(since: before) > Double(stepSeconds)
  }

  /// The records of a page that say something new, and why others of its rows are left out.
  mutating func news(in page: FeedPage, now: Timestamp) -> FeedPage {
    var news = FeedPage(rejected: page.rejected)
    let latest = now.adding(seconds: Self.longestLead)
    for record in page.records {
      guard record.eventTime <= latest else {
        news.rejected.append("a record of the future: \(record.eventTime.iso8601(.z))")
        continue
      }
      guard isNews(record) else { continue }
      known[record.eventTime] = Seen(record)
      newest = max(newest ?? record.eventTime, record.eventTime)
      news.records.append(record)
    }
    forgetOld()
    return news
  }

  /// - Parameter isWhole: whether every row made sense. What a walk could not read is asked for again, some times: a page of
  ///   rubbish must not pass for the end of the feed.
  mutating func endOfWalk(isWhole: Bool = true) {
    isBackfill = false
    brokenWalks = isWhole ? 0 : brokenWalks + 1
    guard isWhole || brokenWalks > Self.longestPatience else { return }
    brokenWalks = 0
    reached = newest
  }

  /// What Redis is to be told: what it could not take before, and `records`.
  mutating func announcements(adding records: [FeedRecord]) -> [FeedRecordMessage] {
    waiting.append(contentsOf: records.map(FeedRecordMessage.init))
    waiting.removeFirst(max(0, waiting.count - Self.longestQueue))
    return waiting
  }

  mutating func announced() { waiting = [] }

  /// Whether a record is not known yet, or has changed. A closed candle does not open again.
  private func isNews(_ record: FeedRecord) -> Bool {
    guard let last = known[record.eventTime] else { return true }
    if last.isClosed, !record.isClosed { return false }
    return last != Seen(record)
  }

  /// A record in little room.
  private struct Seen: Sendable, Equatable {
    let valuesHash: Int
    let isClosed: Bool

    init(_ record: FeedRecord) {
      valuesHash = record.values.hashValue
      isClosed = record.isClosed
    }
  }

  private mutating func forgetOld() {
    guard known.count > 8_000 else { return }
    for time in known.keys.sorted().prefix(4_000) { known[time] = nil }
  }
}
