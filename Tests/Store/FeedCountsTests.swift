import Competition
import Postgres
import Synchronization
import TestKit
import Testing

@testable import Store

@Suite("Counts of feeds", .timeLimit(.minutes(2)))
struct FeedCountsTests {
  private static let start = Timestamp(seconds: 1_770_984_000)

  /// Ten weeks of two feeds, and what fits no span: the first and the last moment, and one between two spans.
  private static func fill(_ store: Store) async throws {
    for subject in ["BTC", "é"] { try await store.feeds.ingest(records(subject, days: 0..<70), phase: "backfill") }
    try await store.feeds.ingest(records("BTC", days: 200..<203), phase: "backfill")
    try await store.pool.query(
      """
      INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event) VALUES
        ('1', 's', '', 'tick', '1s', '-infinity'), ('2', 's', 'BTC', 'tick', '1s', 'infinity'),
        ('3', 's', 'BTC', 'tick', '1s', $1)
      """, [.time(start.adding(seconds: -150 * 86_400))])
  }

  private static func records(_ subject: String, days: Range<Int>) -> [FeedRecord] {
    days.map { day in
      FeedRecord(
        key: FeedKey(source: "test", subject: subject, kind: .tick, granularity: "1s"),
        eventTime: start.adding(seconds: -day * 86_400), ingestedTime: start, values: ["price": 1])
    }
  }

  /// Adds a record of the day, and tells the statistics of it at once, not within a second.
  private static func add(_ store: Store, daysAgo day: Int) async throws {
    try await store.pool.withConnection { connection in
      try await connection.query(
        """
        INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event)
        VALUES ('day ' || $1::bigint, 'test', 'late', 'tick', '1s', $2)
        """, [.int(Int64(day)), .time(start.adding(seconds: -day * 86_400 - 7))])
      try await connection.query("SELECT pg_stat_force_next_flush()")
    }
  }

  private static func agree(_ counts: FeedCounts, _ store: Store, _ what: Comment) async throws {
    let plain = try await store.pool.query(
      """
      SELECT source, subject, kind, granularity, count(*), min(ts_event), max(ts_event), max(last_event_ts)
      FROM feed_records LEFT JOIN feed_ingestion_state USING (source, subject, kind, granularity)
      GROUP BY 1, 2, 3, 4
      ORDER BY source COLLATE "C", subject COLLATE "C", kind COLLATE "C", granularity COLLATE "C"
      """)
    let feeds = try await counts.feeds()
    #expect(try feeds.map(\.source) == plain.map { try $0.text(0) }, what)
    #expect(try feeds.map(\.subject) == plain.map { try $0.text(1) }, what)
    #expect(try feeds.map(\.kind) == plain.map { try $0.text(2) }, what)
    #expect(try feeds.map(\.recordCount) == plain.map { try $0.int(4) }, what)
    #expect(try feeds.map(\.oldest) == plain.map { try $0.calendarTime(5) }, what)
    #expect(try feeds.map(\.newest) == plain.map { try $0.calendarTime(6) }, what)
    #expect(try feeds.map(\.watermark) == plain.map { try $0.calendarTimeIfPresent(7) }, what)
  }

  @Test("are those of all records, wherever they lie, also after records came to an old span or a span was dropped")
  func equal() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      let counts = FeedCounts(store: store.report)
      try await Self.agree(counts, store, "nothing")
      try await Self.fill(store)
      for turn in 1...2 { try await Self.agree(counts, store, "turn \(turn)") }
      for day in [0, 40, 150] {
        try await Self.add(store, daysAgo: day)
        try await Self.agree(counts, store, "one more of day \(day)")
      }
      #expect(try await store.feeds.dropPartitions(endingBy: Self.start.adding(seconds: -30 * 86_400)) >= 2)
      try await Self.agree(counts, store, "dropped")
    }
  }

  @Test("read an old span once, and again when it has changed or was believed for long")
  func once() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      try await Self.fill(store)
      // All that was counted until now is told.
      try await Self.add(store, daysAgo: 40)
      let reads = Reads()
      let counts = FeedCounts(store: store.report) { try await reads.read($0, store.report) }
      _ = try await counts.feeds()
      let spans = reads.taken()
      let old = spans.filter { $0.version != nil }
      #expect(old.count >= 3)

      _ = try await counts.feeds()
      // The newest span, and what lies in none.
      #expect(Set(reads.taken()) == Set(spans).subtracting(old))

      try await Self.add(store, daysAgo: 41)
      _ = try await counts.feeds()
      let changed = Self.start.adding(seconds: -41 * 86_400 - 7)
      let again = reads.taken().filter { $0.version != nil }
      #expect(again.count == 1 && again.allSatisfy { span in span.start.map { $0 <= changed } ?? false })
      #expect(again.allSatisfy { span in span.end.map { changed < $0 } ?? false })

      let forgetful = FeedCounts(store: store.report, belief: .zero) { try await reads.read($0, store.report) }
      for _ in 1...2 {
        _ = try await forgetful.feeds()
        #expect(reads.taken().count == spans.count)
      }
    }
  }

  /// Which spans were counted.
  private final class Reads: Sendable {
    private let spans = Mutex<[FeedSpan]>([])

    func read(_ span: FeedSpan, _ store: ReportStore) async throws -> [ReportFeed] {
      spans.withLock { $0.append(span) }
      return try await store.feeds(in: span)
    }

    func taken() -> [FeedSpan] {
      spans.withLock { spans in
        defer { spans = [] }
        return spans
      }
    }
  }
}
