import Competition
import TestKit
import Testing

@testable import Store

@Suite("Plans of what reads the feed")
struct FeedPlanTests {
  @Test("windows and truths look into one span of the feed's table or two, by an index, however many spans there are")
  func feedPartitions() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      let now = try await store.now()
      // A year of quarters of an hour up to the end of a span, so that the newest one has more rows than anybody reads whole, and
      // a watermark at its end.
      let key = FeedKey(source: "bench", subject: "S1", kind: .candle, granularity: "15m")
      let newest = Self.lastMonday(before: now).adding(seconds: -Self.step)
      let records = (0..<35_040).map { quarter in
        FeedRecord(
          key: key, eventTime: newest.adding(seconds: -Self.step * quarter), ingestedTime: now, values: ["close": 1])
      }
      try await store.feeds.ingest(records, phase: "backfill")
      try await store.pool.query("ANALYZE")
      #expect(try await store.feeds.partitions().count > 50)

      let middle = newest.adding(seconds: -180 * 86_400)
      let lookups: [(name: String, count: Int, run: @Sendable () async throws -> Int)] = [
        ("window", 60, { try await store.feeds.newest(of: key, limit: 60).count }),
        ("newest", 1, { try await store.feeds.newest(of: key) == nil ? 0 : 1 }),
        (
          "truth", 5,
          {
            try await store.feeds.records(
              of: key, from: middle, through: middle.adding(seconds: 4 * Self.step), limit: 100
            )
            .count
          }
        ),
        ("first after", 1, { try await store.feeds.first(of: key, after: middle) == nil ? 0 : 1 }),
        (
          "not closed", 1,
          { try await store.feeds.oldestUnclosed(of: key, since: newest.adding(seconds: -Self.step)) == nil ? 1 : 0 }
        ),
      ]
      for lookup in lookups {
        // Also with the plan that the server keeps after the first five runs.
        for turn in 1...7 {
          let before = try await touched(store)
          #expect(try await lookup.run() == lookup.count, "\(lookup.name)")
          let after = try await touched(store)
          let spans = after.filter { span in before[span.key].map { $0 != span.value } ?? true }
          #expect(spans.count <= 2, "\(lookup.name), run \(turn): \(spans.keys.sorted())")
          #expect(spans.allSatisfy { $0.value.whole == before[$0.key]?.whole }, "\(lookup.name) reads a whole span")
        }
      }
    }
  }

  private static let step = 900

  /// Spans begin on Mondays.
  private static func lastMonday(before time: Timestamp) -> Timestamp {
    let first: Int64 = 978_307_200
    return Timestamp(seconds: first + (time.seconds - first) / 604_800 * 604_800)
  }

  /// How often each span of the feed's table was looked into, in all and from end to end. The one for what fits no span is empty.
  private func touched(_ store: Store) async throws -> [String: (all: Int64, whole: Int64)] {
    try await store.pool.query("SELECT pg_stat_force_next_flush()")
    let rows = try await store.pool.query(
      """
      SELECT relname::text, seq_scan + coalesce(idx_scan, 0), seq_scan FROM pg_stat_user_tables
      WHERE relname ~ '^feed_records_2'
      """)
    return Dictionary(
      try rows.map { (try $0.text(0), (try $0.int(1), try $0.int(2))) }, uniquingKeysWith: { first, _ in first })
  }
}
