import Competition
import Postgres

/// How much is stored of each feed, counted by the spans of the table and kept in memory, so that years of records cost
/// what the newest span costs.
///
/// The newest span, and what lies in no span, is counted each time. Another one is counted anew when the statistics of
/// the server tell of rows that were inserted or deleted there, which they do within seconds, and every few minutes: a
/// server may keep no statistics, or lose them.
public actor FeedCounts {
  private struct Kept {
    var feeds: [ReportFeed]
    var until: ContinuousClock.Instant
  }

  private let store: ReportStore
  private let belief: Duration
  /// Counts what is in a span.
  private let count: @Sendable (FeedSpan) async throws -> [ReportFeed]
  private var kept: [FeedSpan: Kept] = [:]

  public init(store: ReportStore) {
    self.init(store: store) { try await store.feeds(in: $0) }
  }

  /// - Parameter belief: how long an old span is believed whatever the statistics say.
  init(
    store: ReportStore, belief: Duration = .seconds(300),
    count: @escaping @Sendable (FeedSpan) async throws -> [ReportFeed]
  ) {
    self.store = store
    self.belief = belief
    self.count = count
  }

  /// All feeds that have records, by name.
  public func feeds() async throws -> [ReportFeed] {
    var tables = try await store.feedSpans()
    if !tables.isEmpty { tables[tables.count - 1].version = nil }
    let present = Set(tables)
    kept = kept.filter { present.contains($0.key) }
    // By the bytes of their names, which order them as well.
    var feeds: [[UInt8]: ReportFeed] = [:]
    for span in FeedSpan.covering(tables) {
      for feed in try await counted(span) { feeds[feed.name, default: feed.empty].add(feed) }
    }
    for state in try await store.feedWatermarks() { feeds[state.name]?.add(state) }
    return feeds.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
  }

  private func counted(_ span: FeedSpan) async throws -> [ReportFeed] {
    if let known = kept[span], ContinuousClock.now < known.until { return known.feeds }
    let feeds = try await count(span)
    if span.version != nil { kept[span] = Kept(feeds: feeds, until: .now + belief) }
    return feeds
  }
}

extension ReportFeed {
  /// No text of the database has a zero in it.
  fileprivate var name: [UInt8] { Array([source, subject, kind, granularity].joined(separator: "\0").utf8) }

  fileprivate var empty: ReportFeed {
    var feed = self
    feed.recordCount = 0
    return feed
  }

  fileprivate mutating func add(_ other: ReportFeed) {
    recordCount += other.recordCount
    oldest = min(oldest, other.oldest)
    newest = max(newest, other.newest)
    watermark = watermark ?? other.watermark
    watermarkUpdatedAt = watermarkUpdatedAt ?? other.watermarkUpdatedAt
  }
}
