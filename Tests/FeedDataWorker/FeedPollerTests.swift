import Competition
import Feeds
import TestKit
import Testing

@testable import FeedDataWorker

@Suite("The poller of a feed", .timeLimit(.minutes(3)))
struct FeedPollerTests {
  @Test("the first walk fills the past page by page, and announces nothing of it")
  func backfill() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, backfillSeconds: 1_200)
      bench.provider.put(bench.seconds(-5_000 ... -1))
      var progress = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&progress)
      #expect(try await bench.stored() == Array(-1_200 ... -1))
      #expect(bench.provider.requests.count == 3)
      #expect(try await bench.announced().isEmpty)
    }
  }

  @Test("what is new is stored and announced, once")
  func listens() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-5 ... -1))
      var progress = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&progress)
      bench.provider.put(bench.seconds(0...1))
      bench.provider.advance(2)
      for _ in 0..<3 { try await bench.poller.advance(&progress) }
      #expect(try await bench.stored() == Array(-5...1))
      #expect(try await bench.announced() == [0, 1])
    }
  }

  @Test("a forming candle is fetched again until it is closed, and announced when it changes")
  func forming() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      bench.provider.put(bench.seconds(-2 ... -2))
      try await bench.poller.advance(&progress)
      bench.provider.put(bench.seconds(-1 ... -1), close: 5, closed: false)
      try await bench.poller.advance(&progress)
      try await bench.poller.advance(&progress)
      bench.provider.put(bench.seconds(-1 ... -1), close: 6, closed: true)
      bench.provider.put(bench.seconds(0...0), close: 7, closed: false)
      try await bench.poller.advance(&progress)
      #expect(try await bench.announced() == [-1, -1, 0])
      let records = try await database.store.feeds.newest(of: FeedBench.key, limit: 2)
      #expect(records.map(\.isClosed) == [true, false])
      #expect(records.compactMap { $0.values["close"]?.number } == [6, 7])
    }
  }

  @Test("an outage of an hour leaves no gap")
  func outage() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      bench.provider.put(bench.seconds(-10 ... -1))
      try await bench.poller.advance(&progress)
      bench.provider.fail("down")
      bench.provider.put(bench.seconds(0...3_599))
      bench.provider.advance(3_600)
      await #expect(throws: FeedError.self) { try await bench.poller.advance(&progress) }
      bench.provider.fail(nil)
      try await bench.poller.advance(&progress)
      #expect(try await bench.stored() == Array(-10...3_599))
    }
  }

  @Test("a hole that the provider fills late is filled")
  func hole() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      bench.provider.put(bench.seconds(-20 ... -15))
      bench.provider.put(bench.seconds(-5 ... -1))
      try await bench.poller.advance(&progress)
      try await bench.poller.advance(&progress)
      bench.provider.put(bench.seconds(-14 ... -6))
      bench.provider.advance(30)
      try await bench.poller.advance(&progress)
      #expect(try await bench.stored() == Array(-20 ... -1))
    }
  }

  @Test("a restart goes on from the watermark, and looks back for what was missing")
  func restart() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var first = FeedProgress(key: FeedBench.key)
      bench.provider.put(bench.seconds(-20 ... -15))
      bench.provider.put(bench.seconds(-5 ... -1))
      try await bench.poller.advance(&first)
      bench.provider.put(bench.seconds(-14 ... -6))
      bench.provider.put(bench.seconds(0...500))
      bench.provider.advance(501)
      var second = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&second)
      #expect(try await bench.stored() == Array(-20...500))
    }
  }

  @Test("rows that make no sense are left out, and a record of the future does not stop the feed")
  func strange() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      bench.provider.put(bench.seconds(-3 ... -1))
      bench.provider.reject(["row 4 is no candle"])
      bench.provider.put(bench.seconds(50...50) + bench.seconds(900_000...900_000))
      try await bench.poller.advance(&progress)
      #expect(try await bench.stored() == [-3, -2, -1, 50])
      bench.provider.take(bench.seconds(50...50))
      bench.provider.put(bench.seconds(51...52))
      bench.provider.advance(60)
      try await bench.poller.advance(&progress)
      #expect(try await bench.stored() == [-3, -2, -1, 50, 51, 52])
    }
  }

  @Test("without Redis records are stored, and announced when it is back")
  func withoutRedis() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&progress)
      bench.bus.isAway = true
      for second in 0..<3 {
        bench.provider.put(bench.seconds(second...second))
        bench.provider.advance(1)
        try await bench.poller.advance(&progress)
      }
      #expect(try await bench.stored() == [0, 1, 2])
      #expect(try await bench.announced().isEmpty)
      bench.bus.isAway = false
      try await bench.poller.advance(&progress)
      #expect(try await bench.announced() == [0, 1, 2])
    }
  }

  @Test(
    "a publication whose answer was lost is not sent again, and what is new is; who may not look sends it rather than nothing",
    arguments: [(false, [0, 1, 2]), (true, [0, 1, 0, 1, 2])])
  func lostAnswer(hidesEntries: Bool, told: [Int]) async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      var progress = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&progress)
      bench.bus.hidesEntries = hidesEntries
      bench.bus.losesAnswers = true
      bench.provider.put(bench.seconds(0...1))
      bench.provider.advance(2)
      try await bench.poller.advance(&progress)
      bench.bus.losesAnswers = false
      bench.provider.put(bench.seconds(2...2))
      bench.provider.advance(1)
      try await bench.poller.advance(&progress)
      #expect(try await bench.announced() == told)
    }
  }

  @Test("a provider that fails is asked again for ever, and taken from again when it is healthy")
  func fails() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.fail("down")
      let running = Task { [poller = bench.poller] in try await poller.run() }
      // The original gives up after ten.
      try await waitUntil("12 attempts") { bench.provider.requests.count >= 12 }
      try await waitUntil("not ready") { bench.readiness == "down" }
      bench.provider.put(bench.seconds(-3 ... -1))
      bench.provider.fail(nil)
      try await waitUntil("the records") { try await bench.stored() == [-3, -2, -1] }
      try await waitUntil("ready") { bench.readiness == "ready" }
      running.cancel()
      _ = await running.result
    }
  }

  @Test("what a provider keeps is there at the next start")
  func providerState() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      for starts in 1...2 {
        let running = Task { [poller = bench.poller] in try await poller.run() }
        try await waitUntil("start \(starts)") {
          try await database.store.feeds.providerState(of: FeedBench.key)["starts"]?.int == Int64(starts)
        }
        running.cancel()
        _ = await running.result
      }
    }
  }
}
