import Competition
import Foundation
import Postgres
import Store
import TestKit
import Testing

@Suite("Spans of the feed's table")
struct FeedPartitionTests {
  private let key = FeedKey(source: "test", subject: "BTC", kind: .tick, granularity: "1s")
  private let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))

  private func records(daysAgo: [Int]) -> [FeedRecord] {
    daysAgo.map {
      FeedRecord(key: key, eventTime: now.adding(seconds: -$0 * 86_400), ingestedTime: now, values: ["price": JSON($0)])
    }
  }

  private func strays(_ database: TestDatabase) async throws -> Int64 {
    try await database.store.pool.query("SELECT count(*) FROM feed_records_default")[0].int(0)
  }

  @Test("are made for records of any time when they come, and hold each record once")
  func madeOnDemand() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      let days = [0, 1, 10, 40, 400, 3_000]
      for _ in 0..<2 { try await feeds.ingest(records(daysAgo: days), phase: "backfill") }
      #expect(try await feeds.newest(of: key, limit: 10).count == days.count)
      #expect(try await strays(database) == 0)
      for (span, next) in zip(try await feeds.partitions(), try await feeds.partitions().dropFirst()) {
        #expect(next.start.map { span.end <= $0 } == true)
      }
      // The past beyond a year has longer ones.
      let lengths = try await feeds.partitions().map { $0.end.seconds - ($0.start?.seconds ?? 0) }
      #expect(lengths.prefix(2) == [28 * 86_400, 28 * 86_400])
      #expect(lengths.dropFirst(2).allSatisfy { $0 == 7 * 86_400 })
    }
  }

  @Test("take in what other tools stored before they were there")
  func strayRecords() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      try await database.store.pool.query(
        """
        INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, values_jsonb)
        VALUES ('x', 'test', 'BTC', 'tick', '1s', $1, '{"price": 5}')
        """, [.time(now.adding(seconds: -60).microseconds)])
      #expect(try await strays(database) == 1)
      #expect(try await feeds.newest(of: key)?.values == ["price": 5])
      try await feeds.ingest(records(daysAgo: [0]), phase: "listen")
      #expect(try await strays(database) == 0)
      #expect(try await feeds.newest(of: key, limit: 5).count == 2)
    }
  }

  @Test("fill the room between others, however long those are")
  func gaps() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      func day(_ count: Int) -> Timestamp { Timestamp(seconds: (now.seconds / 86_400 + Int64(count)) * 86_400) }
      #expect(try await feeds.makePartitions(for: [day(-20), day(-10)], days: 1) == 2)
      #expect(try await feeds.makePartitions(for: (-40...0).map(day), days: 28) >= 3)
      let spans = try await feeds.partitions()
      for (span, next) in zip(spans, spans.dropFirst()) { #expect(span.end == next.start) }
      #expect(try await feeds.makePartitions(for: (-40...0).map(day)) == 0)
    }
  }

  @Test("are not made for times that are rather mistakes; such records are kept all the same")
  func mistakes() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      let odd = [Timestamp(seconds: 0), now.adding(seconds: 400 * 86_400)].map {
        FeedRecord(key: key, eventTime: $0, ingestedTime: now, values: ["price": 1])
      }
      try await feeds.ingest(odd, phase: "listen")
      #expect(try await feeds.partitions() == [])
      #expect(try await feeds.newest(of: key, limit: 5).count == 2)
      #expect(try await feeds.deleteOlder(than: now, limit: 10) == 1)
    }
  }

  @Test("are made once when several ask for them, while records keep coming")
  func concurrent() async throws {
    try await TestDatabase.with { database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
          let store = Store(database.configuration, connections: 1)
          let batch = records(daysAgo: (0..<20).map { $0 * 5 + worker })
          group.addTask {
            while true {
              do {
                try await store.feeds.ingest(batch, phase: "backfill")
                return
              } catch let error as PostgresError where error.isOutage {}
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await database.store.feeds.newest(of: key, limit: 100).count == 80)
      #expect(try await strays(database) == 0)
    }
  }

  @Test("are dropped by their end; what is old in one that goes on is deleted when it is more than may stay")
  func retention() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      try await feeds.ingest(records(daysAgo: Array(0..<40)), phase: "backfill")
      let limit = now.adding(seconds: -20 * 86_400)
      let old = try await feeds.partitions().filter { $0.end <= limit }
      #expect(try await feeds.dropPartitions(endingBy: limit) == old.count)
      let left = try await feeds.newest(of: key, limit: 100)
      #expect(left.count < 40 && left.count >= 20)
      #expect(try await feeds.deleteOlder(than: limit, limit: 100, slackSeconds: 8 * 86_400) == 0)
      #expect(try await feeds.deleteOlder(than: limit, limit: 100) == left.count { $0.eventTime < limit })
      #expect(try await feeds.newest(of: key, limit: 100).count == 20 + 1)
      // The watermark does not go back.
      #expect(try await feeds.watermark(of: key) == now)
    }
  }
}
