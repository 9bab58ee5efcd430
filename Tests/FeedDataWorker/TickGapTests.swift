import Competition
import Feeds
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("Gaps of ticks", .timeLimit(.minutes(3)))
struct TickGapTests {
  private func time(_ second: Int) -> Timestamp { Timestamp(seconds: Int64(FeedBench.start + second)) }

  /// From and to in seconds since the start, of those in these states.
  private func gaps(_ bench: FeedBench, _ states: Set<FeedGap.State> = [.open]) async throws -> [[Int]] {
    try await bench.store.gaps.list(includesRepaired: true, limit: 100).filter { states.contains($0.state) }.map {
      [Int($0.from.seconds) - FeedBench.start, Int($0.to.seconds) - FeedBench.start]
    }.sorted { $0[0] < $1[0] }
  }

  /// What is decided of a horizon by what is stored now.
  private func decision(_ bench: FeedBench, from performed: Int, to resolvable: Int) async throws -> TruthDecision {
    let resolver = GroundTruthResolver(contract: CrunchContract(), graceSeconds: 300, maxWaitSeconds: 86_400)
    let query = resolver.query(
      feed: FeedBench.ticks, performedAt: time(performed), resolvableAt: time(resolvable))
    let feeds = bench.store.feeds
    return resolver.resolve(
      query, records: try await feeds.records(of: query.feed, from: query.from, through: query.through, limit: 10_000),
      newest: try await feeds.newest(of: query.feed),
      passedAt: try await feeds.first(of: query.feed, after: query.through)?.ingestedTime,
      gaps: try await bench.store.gaps.open(of: query.feed, from: query.from, through: query.through), inputID: "i",
      scopeKey: "s", now: bench.provider.now)
  }

  @Test("what came while a stream was away is a gap, noted before anything newer; no truth is made until it is filled")
  func truthWaits() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 60)
      bench.provider.put(bench.seconds(-50 ... -1), close: 100)
      let running = Task { [poller = bench.poller] in try await poller.run() }
      bench.poller.inbox.open()
      try await waitUntil("the past") { try await bench.stored() == Array(-50 ... -1) }
      try await waitUntil("no gap") { try await gaps(bench).isEmpty }
      bench.provider.fail("away")
      bench.poller.inbox.end()
      bench.provider.put(bench.seconds(0...19), close: 110)
      bench.provider.put(bench.seconds(20...25), close: 120)
      bench.provider.advance(25)
      bench.poller.inbox.open()
      bench.poller.inbox.put(bench.provider.page(FeedBench.start + 25))
      try await waitUntil("a live tick") { try await bench.stored().last == 25 }
      #expect(try await gaps(bench) == [[-1, 25]])
      guard case .wait = try await decision(bench, from: -30, to: 22) else {
        Issue.record("a truth was made of a feed with a gap")
        return
      }
      bench.provider.fail(nil)
      try await waitUntil("the gap is filled") { try await gaps(bench).isEmpty }
      #expect(try await bench.stored() == Array(-50...25))
      guard case .resolved(let truth) = try await decision(bench, from: -30, to: 22) else {
        Issue.record("no truth")
        return
      }
      #expect(truth.value["return"]?.number == (120.0 - 100) / 100)
      #expect(try await gaps(bench, [.repaired]).count == 1)
      running.cancel()
      _ = await running.result
    }
  }

  @Test("an outage longer than a feed goes back leaves a row, which the keeper of gaps fills; a restart forgets none")
  func longOutage() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 30, backfillSeconds: 60)
      bench.provider.put(bench.seconds(-20...3_600))
      var before = FeedProgress(key: FeedBench.ticks, promptSeconds: 30)
      try await bench.poller.advance(&before)
      let known = try await bench.stored()
      #expect(known.last == FeedProgress.longestLead)
      bench.provider.advance(3_600)
      var after = FeedProgress(key: FeedBench.ticks, promptSeconds: 30)
      try await bench.poller.advance(&after)
      #expect(try await gaps(bench) == [[60, 3_570]])
      // As if it ended here: the row stays. What is not too old is filled by the next walk, the rest is a row of its own.
      try await bench.poller.advance(&after)
      #expect(try await gaps(bench) == [[60, 3_540]])
      let filled = try await bench.stored()
      #expect(filled.contains(3_541) && !filled.contains(3_000))
      _ = try await bench.store.gaps.repair(
        try await bench.store.gaps.list(includesRepaired: false, limit: 9).map(\.id))
      try await GapKeeperTests.keeper(bench).keep(FeedBench.ticks)
      #expect(try await gaps(bench).isEmpty)
      let all = try await bench.stored()
      #expect(all == Array(-20...all.count - 21) && all.count > 3_620)
    }
  }

  @Test("polled alone, what is cut off of a long outage is a row too")
  func polled() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 30, backfillSeconds: 60)
      bench.provider.put(bench.seconds(-20 ... -1))
      var progress = FeedProgress(key: FeedBench.ticks, promptSeconds: 30)
      for _ in 0..<2 { try await bench.poller.advance(&progress) }
      bench.provider.put(bench.seconds(0...600))
      bench.provider.advance(600)
      try await bench.poller.advance(&progress)
      #expect(try await gaps(bench) == [[-1, 540]])
    }
  }

  @Test(
    "ticks that a stream lost are a gap before anything newer is stored, and are asked for",
    arguments: ["a jump", "a row that is no tick", "a message of rubbish"])
  func lost(how: String) async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 60)
      bench.provider.put(bench.seconds(-50 ... -1))
      let running = Task { [poller = bench.poller] in try await poller.run() }
      bench.poller.inbox.open()
      try await waitUntil("the past") { try await bench.stored() == Array(-50 ... -1) }
      try await waitUntil("no gap") { try await gaps(bench).isEmpty }
      bench.provider.fail("away")
      bench.provider.put(bench.seconds(0...5))
      bench.provider.advance(5)
      var page = bench.provider.page(FeedBench.start + 5)
      switch how {
      case "a jump": page.lacks = "trades 0 to 4"
      case "a row that is no tick": page.rejected = ["a message that is no tick"]
      default: bench.poller.inbox.miss()
      }
      bench.poller.inbox.put(page)
      try await waitUntil("the live tick") { try await bench.stored().last == 5 }
      #expect(try await gaps(bench) == [[-1, 5]])
      bench.provider.fail(nil)
      try await waitUntil("what was lost") { try await bench.stored() == Array(-50...5) }
      try await waitUntil("the gap is filled") { try await gaps(bench).isEmpty }
      #expect(try await gaps(bench, [.repaired]).count == 1)
      running.cancel()
      _ = await running.result
    }
  }

  @Test("a pause of the market that hides nothing is no gap")
  func pause() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 60)
      bench.provider.put(bench.seconds(-5 ... -1))
      let running = Task { [poller = bench.poller] in try await poller.run() }
      bench.poller.inbox.open()
      try await waitUntil("the past") { try await bench.stored().last == -1 }
      bench.provider.advance(31)
      let tick = FeedRecord(
        key: FeedBench.ticks, eventTime: time(30), ingestedTime: time(31), values: ["price": 1.0, "quantity": 1.0])
      bench.poller.inbox.put(FeedPage(records: [tick]))
      try await waitUntil("it was asked") {
        bench.provider.requests.contains { $0.wantsAll && $0.start == time(-1) && $0.now == time(31) }
      }
      try await waitUntil("no gap") { try await gaps(bench, [.open, .repaired, .absent]).isEmpty }
      running.cancel()
      _ = await running.result
    }
  }

  @Test("a gap for which the provider answers rubbish, however often, stays open and is left to the keeper of gaps")
  func rubbish() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks, prompt: 60)
      bench.provider.put(bench.seconds(-50 ... -1))
      var progress = FeedProgress(key: FeedBench.ticks, promptSeconds: 60)
      try await bench.poller.advance(&progress)
      bench.provider.advance(25)
      progress.interrupted(at: time(-1), now: time(25))
      bench.provider.reject(["row 0 is no trade"])
      for _ in 0...FeedProgress.longestPatience { try await bench.poller.advance(&progress) }
      #expect(!progress.fillsGap)
      #expect(try await gaps(bench, [.open, .repaired, .absent]) == [[-1, 25]])
      #expect(try await gaps(bench) == [[-1, 25]])
    }
  }

  @Test("a backfill of its span repairs a gap, whole or in part; gaps that touch are one")
  func backfilled() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: FeedBench.ticks)
      let store = bench.store.gaps
      try await store.note(time(0)...time(10), of: FeedBench.ticks, nextSeconds: 0)
      try await store.note(time(5)...time(20), of: FeedBench.ticks, nextSeconds: 0)
      #expect(try await gaps(bench) == [[0, 20]])
      try await store.filled(FeedBench.ticks, from: time(-5), through: time(8))
      #expect(try await gaps(bench) == [[8, 20]])
      #expect(try await store.open(of: FeedBench.ticks, from: time(0), through: time(7)).isEmpty)
      try await store.filled(FeedBench.ticks, from: time(-5), through: time(20))
      #expect(try await gaps(bench, [.repaired]) == [[8, 20]])
    }
  }
}
