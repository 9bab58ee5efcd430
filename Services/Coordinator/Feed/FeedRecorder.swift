import Competition
import Store

/// Reads feeds forward, each record once, in order of time.
struct FeedRecorder: Sendable {
  private var cursors: [FeedKey: Timestamp]
  private let end: Timestamp?
  /// Candles that never closed, which were left out.
  private(set) var leftOut = 0

  /// Records a page and feed.
  private static let pageSize = 5_000
  /// Ticks this new may still get neighbours that happened before them.
  private static let settlingSeconds = 2
  /// After its end a candle that still forms is waited for so long.
  private static let patience = 30

  init(keys: [FeedKey], from start: Timestamp, to end: Timestamp?) {
    cursors = Dictionary(keys.map { ($0, start) }, uniquingKeysWith: { first, _ in first })
    self.end = end
  }

  /// What came since the last time. A candle that still forms, and what follows it, is left for later; one that should have closed
  /// long ago, and never did, holds up nothing.
  mutating func next(_ store: Store, now: Timestamp) async throws -> [FeedRecord] {
    var page: [FeedRecord] = []
    let limit = min(
      now.adding(seconds: -Self.settlingSeconds), end.map { Timestamp(microseconds: $0.microseconds - 1) } ?? now)
    for (key, cursor) in cursors where cursor <= limit {
      let records = try await store.feeds.records(of: key, from: cursor, through: limit, limit: Self.pageSize)
        .prefix { $0.isClosed || now.seconds(since: $0.knownTime) > Double(Self.patience) }
      guard let last = records.last else { continue }
      cursors[key] = Timestamp(microseconds: last.eventTime.microseconds + 1)
      page += records
    }
    leftOut += page.count { !$0.isClosed }
    return page.filter(\.isClosed).sorted { ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject) }
  }

  /// Whether nothing more can come: the end has passed, and what closes then has had time to be taken in.
  func isOver(now: Timestamp) -> Bool {
    guard let end else { return false }
    return cursors.allSatisfy { key, cursor in
      let step = key.kind == .candle ? Granularity(key.granularity)?.seconds ?? 0 : 0
      return cursor.adding(seconds: step) > end || now >= end.adding(seconds: step + Self.patience + 5)
    }
  }
}
