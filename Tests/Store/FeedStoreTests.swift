import Competition
import Store
import TestKit
import Testing

@Suite("Feed records")
struct FeedStoreTests {
  private let key = FeedKey(source: "binance", subject: "BTC", kind: .candle, granularity: "1m")
  private let start = Timestamp(seconds: 1_771_000_020)

  private func candle(_ minute: Int, close: Double, closed: Bool? = nil, ingestedAfter: Int = 120) -> FeedRecord {
    let time = start.adding(seconds: 60 * minute)
    return FeedRecord(
      key: key, eventTime: time, ingestedTime: time.adding(seconds: ingestedAfter), values: ["close": .double(close)],
      meta: closed.map { ["closed": .bool($0)] } ?? [:])
  }

  private func closes(_ store: Store) async throws -> [Double?] {
    try await store.feeds.newest(of: key, limit: 100).map { $0.values["close"]?.number }
  }

  @Test("the newest records come in order of time, and the watermark is the newest of all")
  func newest() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      #expect(try await feeds.watermark(of: key) == nil)
      try await feeds.ingest((0..<10).map { candle($0, close: Double($0)) }.shuffled(), phase: "backfill")
      try await feeds.ingest([candle(3, close: 3)], phase: "listen")
      let newest = try await feeds.newest(of: key, limit: 3)
      #expect(newest == (7..<10).map { candle($0, close: Double($0)) })
      #expect(try await feeds.watermark(of: key) == start.adding(seconds: 540))
      #expect(try await feeds.newest(of: key)?.eventTime == start.adding(seconds: 540))
      let span = try await feeds.records(
        of: key, from: start.adding(seconds: 60), through: start.adding(seconds: 180), limit: 100)
      #expect(span.map { $0.values["close"]?.number } == [1, 2, 3])
    }
  }

  @Test("those that take in the same feed at the same time get in nobody's way")
  func together() async throws {
    try await TestDatabase.with { database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          let store = Store(database.configuration, connections: 1)
          group.addTask {
            try await store.feeds.setProviderState(["anchor": 1], of: key)
            try await store.feeds.ingest((0..<50).map { candle($0, close: Double($0)) }, phase: "listen")
          }
        }
        try await group.waitForAll()
      }
      #expect(try await closes(database.store) == (0..<50).map { Double($0) })
      #expect(try await database.store.feeds.providerState(of: key) == ["anchor": 1])
    }
  }

  @Test("a forming candle gives way to later values, a closed one never to a forming one")
  func formingCandles() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      try await feeds.ingest([candle(0, close: 1, closed: false)], phase: "listen")
      try await feeds.ingest([candle(0, close: 2, closed: false)], phase: "listen")
      #expect(try await closes(database.store) == [2])
      try await feeds.ingest([candle(0, close: 3, closed: true)], phase: "listen")
      try await feeds.ingest([candle(0, close: 4, closed: false)], phase: "listen")
      #expect(try await closes(database.store) == [3])
      try await feeds.ingest([candle(0, close: 5, closed: true)], phase: "backfill")
      #expect(try await closes(database.store) == [5])
    }
  }

  @Test("without the provider's word a candle is closed when it was taken in after its end")
  func closedByTime() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      try await feeds.ingest([candle(0, close: 1, ingestedAfter: 60)], phase: "listen")
      try await feeds.ingest([candle(0, close: 2, ingestedAfter: 59)], phase: "listen")
      #expect(try await closes(database.store) == [1])
      try await feeds.ingest([candle(1, close: 1, ingestedAfter: 59)], phase: "listen")
      try await feeds.ingest([candle(1, close: 2, ingestedAfter: 61)], phase: "listen")
      #expect(try await closes(database.store) == [1, 2])
    }
  }

  @Test("of one batch with the same candle twice the closed one is kept")
  func closedInBatch() async throws {
    try await TestDatabase.with { database in
      try await database.store.feeds.ingest(
        [candle(0, close: 2, closed: true), candle(0, close: 1, closed: false)], phase: "listen")
      #expect(try await closes(database.store) == [2])
    }
  }

  @Test("polling starts again at the oldest candle that is not closed, whatever other tools wrote beside it")
  func oldestUnclosed() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      var odd = candle(0, close: 1)
      odd.meta = ["closed": "perhaps"]
      try await feeds.ingest(
        [odd, candle(1, close: 1, closed: false), candle(2, close: 1, closed: false)], phase: "listen")
      #expect(try await feeds.oldestUnclosed(of: key, since: start) == start.adding(seconds: 60))
      #expect(
        try await feeds.oldestUnclosed(of: key, since: start.adding(seconds: 61)) == start.adding(seconds: 120))
      try await feeds.ingest([candle(1, close: 1, closed: true), candle(2, close: 1, closed: true)], phase: "listen")
      #expect(try await feeds.oldestUnclosed(of: key, since: start) == nil)
    }
  }

  @Test("retention deletes the oldest, as many as it may")
  func retention() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      try await feeds.ingest((0..<10).map { candle($0, close: Double($0)) }, phase: "backfill")
      #expect(try await feeds.deleteOlder(than: start.adding(seconds: 300), limit: 3) == 3)
      #expect(try await feeds.deleteOlder(than: start.adding(seconds: 300), limit: 3) == 2)
      #expect(try await closes(database.store) == [5, 6, 7, 8, 9])
      #expect(try await feeds.watermark(of: key) == start.adding(seconds: 540))
    }
  }

  @Test("a provider's state and the watermark do not disturb each other")
  func providerState() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      #expect(try await feeds.providerState(of: key) == [:])
      try await feeds.setProviderState(["anchor": "x"], of: key)
      try await feeds.ingest([candle(0, close: 1)], phase: "listen")
      #expect(try await feeds.providerState(of: key) == ["anchor": "x"])
      #expect(try await feeds.watermark(of: key) == start)
      let streams = try await feeds.streams()
      #expect(streams.map(\.key) == [key])
      #expect(streams.first?.phase == "listen")
    }
  }
}
