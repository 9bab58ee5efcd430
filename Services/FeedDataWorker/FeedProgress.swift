import Competition
import Feeds

/// What a poller remembers of its feed: the records it handed on lately, and holes among them. Decisions only; the poller does
/// what they say.
struct FeedProgress: Sendable {
  /// How far ahead of our clock a record may be.
  static let longestLead = 60
  /// How far back a start looks for records that were missing.
  static let lookBack = 3_600
  /// Seconds without a tick after which something may have been left out.
  static let longPause = 10
  /// Walks in a row that begin at the same place because rows made no sense, at most.
  static let longestPatience = 10

  let key: FeedKey
  /// The time from one candle to the next.
  let stepSeconds: Int
  /// Whether this is the first walk, which fills the past.
  private(set) var isBackfill = true
  private var known = KnownRecords()
  private var holes: HoleWatch
  /// The newest record that a worker before this one took in; nil: there was none.
  private var resumesAt: Timestamp?
  /// Candles that it took in for good, as far as they are live.
  private var settled: Set<Timestamp> = []
  private let promptSeconds: Int?
  /// The newest record when the stream was interrupted: what came then has to be asked for. nil: nothing is missing.
  private var interruptedAt: Timestamp?
  /// How far the walk that asks for it has come.
  private var gap: Timestamp?
  /// Spans in which ticks may be missing that nobody has noted yet.
  private var unnoted: [ClosedRange<Timestamp>] = []
  /// The newest record when the stream ended; nil: it is there.
  private var awaySince: Timestamp?

  /// What Redis has yet to be told.
  var untold = FeedAnnouncements()
  /// What is odd about the records.
  var quality: QualityWatch
  /// How many rows that make no sense are named in the log.
  var complaints = LogAllowance()

  /// - Parameter promptSeconds: how much of the past the provider has quickly; nil: any.
  init(key: FeedKey, promptSeconds: Int? = nil) {
    self.key = key
    self.promptSeconds = promptSeconds
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
    if let promptSeconds {
      return promptStart(from: mayChange, promptSeconds: promptSeconds, backfillSeconds: backfillSeconds, now: now)
    }
    guard let mayChange else { return now.adding(seconds: -backfillSeconds) }
    guard key.kind == .candle else { return mayChange }
    if isBackfill { return mayChange.adding(seconds: -min(Self.lookBack, backfillSeconds)) }
    return min(mayChange, reached ?? mayChange, holes.due(times: known.times, now: now) ?? mayChange)
  }

  /// Of a provider whose past takes its time: the first walk fills what is prompt, so that the feed is live, and the next one
  /// the rest of the gap. Later ones begin at what may change, or where the stream was interrupted.
  private mutating func promptStart(
    from mayChange: Timestamp?, promptSeconds: Int, backfillSeconds: Int, now: Timestamp
  ) -> Timestamp {
    let oldest = now.adding(seconds: -backfillSeconds)
    if isBackfill {
      let recent = now.adding(seconds: -min(promptSeconds, backfillSeconds))
      guard let mayChange else { return recent }
      if mayChange < recent { interrupted(at: mayChange, now: recent) }
      return max(mayChange, recent)
    }
    gap = [gap, interruptedAt].compactMap { $0 }.min()
    interruptedAt = nil
    let begin = mayChange ?? now.adding(seconds: -min(promptSeconds, backfillSeconds))
    // What is older is nobody's before the keeper of gaps asks for it.
    if begin < oldest { leftOut(from: begin, to: oldest) }
    return max(oldest, min(begin, gap ?? begin))
  }

  /// The stream has ended.
  mutating func wentAway() { awaySince = awaySince ?? newest }

  /// The stream is there again, or has told more than could be kept: what came since it was there is to be asked for.
  mutating func cameBack(now: Timestamp) {
    interrupted(at: awaySince ?? newest, now: now)
    awaySince = nil
  }

  /// Something was left out after `time` and before `now`.
  mutating func interrupted(at time: Timestamp?, now: Timestamp) {
    guard promptSeconds != nil, let time else { return }
    interruptedAt = min(interruptedAt ?? time, time)
    leftOut(from: time, to: now)
  }

  /// - Parameter time: of the record before.
  private mutating func leftOut(from time: Timestamp, to end: Timestamp) {
    let first = Timestamp(microseconds: time.microseconds + 1)
    if key.kind == .tick, first < end { unnoted.append(first...end) }
  }

  /// The spans in which ticks may be missing that were found since the last time. They are to be noted before anything newer is
  /// stored: no truth is made of what is around a gap.
  mutating func takeGaps() -> [ClosedRange<Timestamp>] {
    defer { unnoted = [] }
    return unnoted
  }

  /// Whether the next walk has something to bring that is known to be missing.
  var isBehind: Bool { interruptedAt != nil }
  /// Whether the walk under way brings ticks that are known to be missing.
  var fillsGap: Bool { key.kind == .tick && gap != nil }
  /// Whether the walk under way has something to bring that is known to be missing, or is the first one.
  var wantsAll: Bool { isBackfill || gap != nil }

  /// All up to here is taken.
  mutating func walked(to time: Timestamp) { gap = gap.map { max($0, time) } }

  /// Notes what the worker before this one took in, of which it has told: the first walk finds it again.
  /// - Parameter recent: what is stored since `oldestLive`.
  mutating func resume(from watermark: Timestamp?, recent: [FeedRecord]) {
    guard isBackfill, resumesAt == nil, let watermark else { return }
    resumesAt = watermark
    // A candle that was forming then is told of again: only its closed values fire anything.
    for record in recent where record.isClosed {
      settled.insert(record.eventTime)
      _ = known.take(record)
      newest = max(newest ?? record.eventTime, record.eventTime)
    }
  }

  /// Whether Redis is told of a record, or of a longer candle. Of those of the first walk only what is live and was not taken in
  /// for good before.
  func isToBeTold(_ record: FeedRecord, now: Timestamp) -> Bool {
    guard isBackfill else { return true }
    guard let resumesAt, Self.isLive(record, now: now) else { return false }
    if record.key != key { return true }
    return key.kind == .candle ? !settled.contains(record.eventTime) : record.eventTime > resumesAt
  }

  /// Whether a record is missing between `before` and what is the newest now. Ticks come when they will: after a longer pause
  /// it is asked whether there were any.
  func leftOut(after before: Timestamp?) -> Bool {
    guard let before, let newest else { return false }
    if key.kind == .candle { return newest.seconds(since: before) > Double(stepSeconds) }
    return promptSeconds != nil && newest.seconds(since: before) > Double(max(Self.longPause, 2 * stepSeconds))
  }

  /// Whether a page that a stream tells says that ticks were left out, or has rows that may have been ticks.
  func mayLack(_ page: FeedPage) -> Bool { page.lacks != nil || !page.rejected.isEmpty }

  /// The records of a page that say something new, and why others of its rows are left out.
  mutating func news(in page: FeedPage, now: Timestamp) -> FeedPage {
    var news = FeedPage(rejected: page.rejected)
    news.refused = page.refused
    let latest = now.adding(seconds: Self.longestLead)
    for record in page.records {
      guard record.eventTime <= latest else {
        news.rejected.append("a record of the future: \(record.eventTime.iso8601(.z))")
        continue
      }
      guard known.take(record) else { continue }
      newest = max(newest ?? record.eventTime, record.eventTime)
      news.records.append(record)
    }
    return news
  }

  /// - Parameter isWhole: whether every row made sense. What a walk could not read is asked for again, some times: a page of
  ///   rubbish must not pass for the end of the feed.
  mutating func endOfWalk(isWhole: Bool = true) {
    isBackfill = false
    settled = []
    brokenWalks = isWhole ? 0 : brokenWalks + 1
    guard isWhole || brokenWalks > Self.longestPatience else { return }
    brokenWalks = 0
    reached = newest
    gap = nil
  }
}
