import Competition
import Store

/// Reads feeds forward, each record once, in order of time.
struct FeedRecorder: Sendable {
  private var places: [FeedKey: Place]
  private let end: Timestamp?
  /// After its end an open gap is waited for so long.
  private let graceSeconds: Int
  /// Feeds that wait at a gap.
  private var waiting: Set<FeedKey> = []
  private var passed: Set<PassedGap> = []
  /// Candles that never closed, which were left out.
  private(set) var leftOut = 0
  /// Gaps that were still open when they were passed: what fills them later is not recorded.
  var gapsPassed: Int { passed.count }

  /// Records a page and feed.
  private static let pageSize = 5_000
  /// Ticks this new may still get neighbours that happened before them.
  private static let settlingSeconds = 2
  /// After its end a candle that still forms is waited for so long.
  private static let patience = 30
  /// A hole between candles that is older has been looked at by the feed worker: it is an open gap, or there is nothing to come.
  private static let lookSeconds = 60

  /// How far a feed was read.
  private struct Place {
    var cursor: Timestamp
    /// The newest that was read.
    var last: Timestamp?
  }

  private struct PassedGap: Hashable {
    var key: FeedKey
    var from: Timestamp
  }

  init(keys: [FeedKey], from start: Timestamp, to end: Timestamp?, graceSeconds: Int) {
    places = Dictionary(keys.map { ($0, Place(cursor: start)) }, uniquingKeysWith: { first, _ in first })
    self.end = end
    self.graceSeconds = graceSeconds
  }

  /// What came since the last time. A candle that still forms, and what follows it, is left for later; one that should have closed
  /// long ago, and never did, holds up nothing. What follows a gap that may yet be filled is left for later too.
  /// - Parameter waits: whether gaps are waited for; not when the recording ends now.
  mutating func next(_ store: Store, now: Timestamp, waits: Bool = true) async throws -> [FeedRecord] {
    var page: [FeedRecord] = []
    waiting = []
    let limit = min(
      now.adding(seconds: -Self.settlingSeconds), end.map { Timestamp(microseconds: $0.microseconds - 1) } ?? now)
    for (key, place) in places where place.cursor <= limit {
      let records = try await read(store, key, place, limit: limit, now: now, waits: waits)
        .prefix { $0.isClosed || now.seconds(since: $0.knownTime) > Double(Self.patience) }
      guard let last = records.last?.eventTime else { continue }
      places[key] = Place(cursor: Timestamp(microseconds: last.microseconds + 1), last: last)
      page += records
    }
    leftOut += page.count { !$0.isClosed }
    return page.filter(\.isClosed).sorted { ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject) }
  }

  /// Whoever takes a feed in notes a gap before it stores what is newer than it, and that it is filled after it stored what fills it. So
  /// nothing newer than a watermark is read that is older than the gaps, and no gap that is older than the records.
  private mutating func read(
    _ store: Store, _ key: FeedKey, _ place: Place, limit: Timestamp, now: Timestamp, waits: Bool
  ) async throws -> [FeedRecord] {
    var limit = min(limit, try await store.feeds.watermark(of: key) ?? limit)
    guard place.cursor <= limit else { return [] }
    let gaps = try await store.gaps.open(of: key, from: place.cursor, through: limit)
      .filter { key.kind != .candle || $0.upperBound > place.cursor }
    if waits, let gap = gaps.first(where: { now < $0.upperBound.adding(seconds: graceSeconds) }) {
      waiting.insert(key)
      limit = Timestamp(microseconds: gap.lowerBound.microseconds - 1)
    }
    guard place.cursor <= limit else { return [] }
    let found = try await store.feeds.records(of: key, from: place.cursor, through: limit, limit: Self.pageSize)
    let records = waits ? wait(at: key, found, after: place.last, now: now) : found
    guard let last = records.last?.eventTime else { return [] }
    passed.formUnion(gaps.filter { $0.lowerBound <= last }.map { PassedGap(key: key, from: $0.lowerBound) })
    return records
  }

  /// The candles before a hole that is so new that nobody has looked at it yet.
  private mutating func wait(
    at key: FeedKey, _ records: [FeedRecord], after last: Timestamp?, now: Timestamp
  ) -> [FeedRecord] {
    guard key.kind == .candle, let step = Granularity(key.granularity)?.seconds else { return records }
    let span = min(Self.lookSeconds, graceSeconds)
    var last = last
    for (index, record) in records.enumerated() {
      if let last, record.eventTime > last.adding(seconds: step), now < record.ingestedTime.adding(seconds: span) {
        waiting.insert(key)
        return Array(records[..<index])
      }
      last = record.eventTime
    }
    return records
  }

  /// Whether nothing more can come: the end has passed, what closes then has had time to be taken in, and no gap is waited for.
  func isOver(now: Timestamp) -> Bool {
    guard let end, waiting.isEmpty else { return false }
    return places.allSatisfy { key, place in
      let step = key.kind == .candle ? Granularity(key.granularity)?.seconds ?? 0 : 0
      return place.cursor.adding(seconds: step) > end || now >= end.adding(seconds: step + Self.patience + 5)
    }
  }
}
