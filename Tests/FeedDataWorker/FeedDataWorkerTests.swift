import Competition
import Feeds
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("The feed data worker", .timeLimit(.minutes(3)))
struct FeedDataWorkerTests {
  @Test("a feed that fails holds up no other")
  func isolated() async throws {
    try await TestDatabase.with { database in
      let good = FeedBench(database.store)
      let bad = FeedBench(database.store)
      bad.provider.fail("down")
      good.provider.put(good.seconds(-3 ... -1))
      let worker = FeedDataWorker(pollers: [bad.poller, good.poller])
      let running = Task { try await worker.run() }
      try await waitUntil("the good feed's records") { try await good.stored() == [-3, -2, -1] }
      try await waitUntil("attempts at the bad one") { bad.provider.requests.count > 3 }
      running.cancel()
      _ = await running.result
    }
  }

  @Test(
    "a symbol that the exchange does not have ends a worker, with what may be meant; one that is halted is waited for")
  func symbols() async throws {
    try await TestDatabase.with { database in
      let exchange = try TestExchange([], others: ["ETHUSDT"], now: .now())
      exchange.list("ETHUSDT", status: "HALT")
      let health = Health()
      func poller(_ subject: String) throws -> FeedPoller {
        let provider = try FeedRegistry.provider(
          named: "binance", options: ["base_url": exchange.url, "stream": "false"], backfillSeconds: 60)
        var poller = FeedPoller(
          key: FeedKey(source: "binance", subject: subject, kind: .candle, granularity: "1m"), provider: provider,
          store: database.store, bus: FeedBench(database.store).bus, pollSeconds: 0.01, backfillSeconds: 60,
          health: health, logger: Logger(label: "test"))
        poller.longestPause = .milliseconds(10)
        return poller
      }
      let refusal = await #expect(throws: FeedError.self) { try await poller("BTCUSD").run() }
      #expect(refusal?.isTransient == false)
      #expect(refusal?.reason == "FEED_SUBJECTS: Binance does not have BTCUSD; did you mean BTCUSDT?")
      let halted = try poller("ETHUSDT")
      let waiting = Task { try await halted.run() }
      try await waitUntil("it says why it is not ready") {
        health.report.body["ETHUSDT"]?.string?.contains("its status is HALT") == true
      }
      waiting.cancel()
      _ = await waiting.result
      try await exchange.stop()
    }
  }

  @Test("a provider is asked whether it has a feed at the start of one that was not taken in lately")
  func checks() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-3 ... -1))
      for (seconds, checks) in [(0, 1), (3_590, 1), (3_590, 2)] {
        bench.provider.advance(seconds)
        let health = bench.health
        health.notReady(FeedBench.key.subject, reason: "starting")
        let running = Task { [poller = bench.poller] in try await poller.run() }
        try await waitUntil("it has the feed") { bench.readiness == "ready" }
        running.cancel()
        _ = await running.result
        #expect(bench.provider.checks == checks)
      }
    }
  }

  @Test("records older than they are kept are deleted, however many")
  func retention() async throws {
    try await TestDatabase.with { database in
      let now = Timestamp.now()
      let records = (0..<6_000).map { index in
        FeedRecord(
          key: FeedBench.key, eventTime: now.adding(seconds: -2 * 86_400 - index), ingestedTime: now,
          values: ["close": 1.0])
      }
      let kept = FeedRecord(
        key: FeedBench.key, eventTime: now.adding(seconds: -3_600), ingestedTime: now, values: ["close": 2.0])
      try await database.store.feeds.ingest(records + [kept], phase: "listen")
      let retention = FeedRetention(
        store: database.store, days: 1, checkSeconds: 3_600, logger: Logger(label: "test"))
      let running = Task { try await retention.run() }
      try await waitUntil("the old records to go") {
        try await database.store.feeds.newest(of: FeedBench.key, limit: 10).map(\.eventTime) == [kept.eventTime]
      }
      running.cancel()
      _ = await running.result
    }
  }

  @Test("spans of time go whole when all in them is too old, and those that come are there before they are needed")
  func spans() async throws {
    try await TestDatabase.with { database in
      let feeds = database.store.feeds
      let now = Timestamp.now()
      let records = (0..<30).map { week in
        FeedRecord(
          key: FeedBench.key, eventTime: now.adding(seconds: -week * 7 * 86_400), ingestedTime: now,
          values: ["close": 1])
      }
      try await feeds.ingest(records, phase: "backfill")
      #expect(try await feeds.partitions().count == 30)
      let retention = FeedRetention(store: database.store, days: 90, checkSeconds: 3_600, logger: Logger(label: "test"))
      try await retention.tidy()
      let left = try await feeds.partitions()
      let limit = now.adding(seconds: -90 * 86_400)
      #expect(left.allSatisfy { $0.end > limit })
      #expect(left.last.map { $0.end > now.adding(seconds: 14 * 86_400) } == true)
      // A record stays until its span ends, no longer.
      let oldest = try #require(try await feeds.newest(of: FeedBench.key, limit: 100).first)
      #expect(oldest.eventTime >= limit.adding(seconds: -7 * 86_400))
      #expect(try await feeds.newest(of: FeedBench.key, limit: 100).count >= 13)
      // What is kept for days has spans of a day.
      var brief = FeedRetention(store: database.store, days: 5, checkSeconds: 3_600, logger: Logger(label: "test"))
      brief.now = { now.adding(seconds: 40 * 86_400) }
      try await brief.tidy()
      let days = try await feeds.partitions().map { $0.end.seconds - ($0.start?.seconds ?? 0) }
      #expect(days == [86_400, 86_400, 86_400])
    }
  }

  @Test("a replay fills the window at once, and a restart goes on where it was")
  func replay() async throws {
    try await TestDatabase.with { database in
      let path = sample()
      func poller(_ now: Timestamp) throws -> FeedPoller {
        let provider = try FeedRegistry.provider(
          named: "replay", options: ["path": path, "speed": "86400", "granularity": "1d"], backfillSeconds: 300)
        let key = FeedKey(source: "replay", subject: "IBM", kind: .candle, granularity: "1s")
        var poller = FeedPoller(
          key: key, provider: provider, store: database.store, bus: FeedBench(database.store).bus, pollSeconds: 0.01,
          backfillSeconds: 300, health: Health(), logger: Logger(label: "test"))
        poller.now = { now }
        return poller
      }
      let start = Timestamp(seconds: Int64(FeedBench.start))
      for (now, count) in [(start, 300), (start.adding(seconds: 60), 360)] {
        let poller = try poller(now)
        let running = Task { try await poller.run() }
        try await waitUntil("\(count) records") {
          try await database.store.feeds.newest(of: poller.key, limit: 1_000).count == count
        }
        running.cancel()
        _ = await running.result
      }
      let key = FeedKey(source: "replay", subject: "IBM", kind: .candle, granularity: "1s")
      let records = try await database.store.feeds.newest(of: key, limit: 1_000)
      let days = records.compactMap { $0.meta["replayed_ts"]?.string }
      #expect(days.count == 360)
      #expect(days == days.sorted())
    }
  }
}
