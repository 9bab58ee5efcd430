import Competition
import Feeds
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("Longer candles of a feed", .timeLimit(.minutes(3)))
struct DerivedCandlesTests {
  private static let start = Timestamp(seconds: Int64(FeedBench.start)).floored(toSeconds: 86_400)
  private static let granularities = ["1m", "5m"].compactMap { Granularity($0) }

  private static func key(_ granularity: String) -> FeedKey {
    FeedKey(source: "fake", subject: "X", kind: .candle, granularity: granularity)
  }

  private static func tick(_ second: Int) -> FeedRecord {
    let time = start.adding(seconds: second)
    return FeedRecord(
      key: FeedBench.ticks, eventTime: time, ingestedTime: time,
      values: ["price": .double(Double(100 + second * 37 % 101)), "quantity": 2.0])
  }

  private static func candle(_ second: Int) -> FeedRecord {
    let time = start.adding(seconds: second)
    return FeedRecord(
      key: FeedBench.key, eventTime: time, ingestedTime: time,
      values: ["open": 1.0, "high": 2.0, "low": 1.0, "close": 2.0, "volume": 3.0], meta: ["closed": true])
  }

  private static func derived(
    _ key: FeedKey, _ store: Store, now: Int, pageSize: Int = 20_000
  ) throws -> DerivedCandles {
    try #require(
      try DerivedCandles(
        of: key, into: granularities, lateSeconds: 5, patienceSeconds: 300, store: store,
        logger: Logger(label: "test"), pageSize: pageSize, now: { start.adding(seconds: now) }))
  }

  /// The candles that these records make when nothing is missing.
  private static func expected(_ records: [FeedRecord]) async throws -> [FeedKey: [Timestamp: JSONObject]] {
    var chain = try ResamplerChain(of: records[0].key, into: granularities, lateSeconds: 5)
    let made = try await chain.add(records, stored: { _, _ in ([], true) }, store: { _ in })
    return made.reduce(into: [:]) { $0[$1.key, default: [:]][$1.eventTime] = $1.values }
  }

  private func stored(_ store: Store) async throws -> [FeedKey: [FeedRecord]] {
    var stored: [FeedKey: [FeedRecord]] = [:]
    for key in [Self.key("1m"), Self.key("5m")] { stored[key] = try await store.feeds.newest(of: key, limit: 10_000) }
    return stored
  }

  private func expectWhole(_ records: [FeedRecord], _ store: Store, open: Int) async throws {
    let expected = try await Self.expected(records)
    for (key, candles) in try await stored(store) {
      #expect(Dictionary(uniqueKeysWithValues: candles.map { ($0.eventTime, $0.values) }) == expected[key])
      // The newest ones may still form.
      let unclosed = candles.dropLast(open).filter { !$0.isClosed }
      #expect(unclosed == [])
    }
  }

  @Test("a gap of ticks that is filled later gives the candles of the whole feed, none of which was closed before")
  func gap() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let ticks = stride(from: 0, to: 3_600, by: 7).map(Self.tick)
      let (before, missing, live) = (ticks[..<200], ticks[200..<400], ticks[400...])
      let derived = try Self.derived(FeedBench.ticks, store, now: 3_600)
      func take(_ records: some Sequence<FeedRecord>) async throws {
        for record in records {
          try await store.feeds.ingest([record], phase: "listen")
          _ = try await derived.take([record], phase: "listen")
        }
      }
      try await take(before)
      let gap = Timestamp(microseconds: ticks[199].eventTime.microseconds + 1)...ticks[399].eventTime
      try await store.gaps.note(gap, of: FeedBench.ticks, nextSeconds: 0)
      try await take(live.prefix(3))
      let minute = ticks[200].eventTime.floored(toSeconds: 60)
      let open = try await store.feeds.records(of: Self.key("1m"), from: minute, through: minute, limit: 1)
      #expect(open.first?.isClosed == false)

      let provider = FakeProvider(FeedBench.ticks, now: Self.start.adding(seconds: 3_600))
      provider.put(Array(missing))
      let keeper = GapKeeper(
        keys: [FeedBench.ticks], provider: provider, store: store, duty: SoleDuty(),
        pace: RequestPace(requestsPerSecond: 10_000), lookBackSeconds: 60, keepDays: 90, logger: Logger(label: "test"),
        derived: [FeedBench.ticks: derived], now: { provider.now })
      try await keeper.keep(FeedBench.ticks)
      #expect(try await store.gaps.list(includesRepaired: false, limit: 9).isEmpty)
      try await take(live.dropFirst(3))
      try await expectWhole(ticks, store, open: 1)
    }
  }

  @Test("a backfill makes the longer candles of its span too")
  func backfill() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let ticks = stride(from: 0, to: 3_000, by: 11).map(Self.tick)
      let provider = FakeProvider(FeedBench.ticks, now: Self.start.adding(seconds: 10_000))
      provider.put(ticks)
      try await store.feeds.ingest([Self.tick(9_990)], phase: "listen")
      let request = BackfillRequest(
        source: "fake", subject: "X", kind: "tick", granularity: "1s", start: Self.start,
        end: Self.start.adding(seconds: 3_000), destination: .records)
      let job = try #require(
        try await store.backfills.request([request], by: AdminAction(actor: "test")).made.first)
      #expect(try await store.backfills.begin(id: job.id))
      var run = BackfillRun(
        job: job, provider: provider, store: store, folder: HistoryFolder(path: "/nowhere"),
        pace: RequestPace(requestsPerSecond: 10_000), isWanted: { true }, logger: Logger(label: "test"))
      run.derived = try Self.derived(FeedBench.ticks, store, now: 10_000)
      run.now = { provider.now }
      try await run.run()
      try await expectWhole(ticks, store, open: 0)
    }
  }

  @Test("a worker that begins takes up the candles that another left open")
  func begins() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let first = try Self.derived(FeedBench.ticks, store, now: 100)
      let ticks = [0, 20, 50, 59].map(Self.tick)
      try await store.feeds.ingest(ticks, phase: "listen")
      _ = try await first.take(ticks, phase: "listen")
      // Killed in the first minute; the next one sees the second one only.
      let second = try Self.derived(FeedBench.ticks, store, now: 200)
      try await second.begin()
      try await store.feeds.ingest([Self.tick(70)], phase: "listen")
      _ = try await second.take([Self.tick(70)], phase: "listen")
      try await expectWhole(ticks + [Self.tick(70)], store, open: 1)
    }
  }

  @Test(
    "a candle of more ticks than are read at once has all of them, after a start and when its span is made anew",
    arguments: [1, 7, 60])
  func manyTicks(pageSize: Int) async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let ticks = (0...130).map(Self.tick)
      try await store.feeds.ingest(Array(ticks.prefix(100)), phase: "listen")
      let first = try Self.derived(FeedBench.ticks, store, now: 100, pageSize: pageSize)
      _ = try await first.take(Array(ticks[90..<100]), phase: "listen")
      let second = try Self.derived(FeedBench.ticks, store, now: 131, pageSize: pageSize)
      try await second.begin()
      try await store.feeds.ingest(Array(ticks[100...]), phase: "listen")
      _ = try await second.take(Array(ticks[100...]), phase: "listen")
      let minute = Self.start.adding(seconds: 60)
      let candle = try #require(
        try await store.feeds.records(of: Self.key("1m"), from: minute, through: minute, limit: 1).first)
      #expect(candle.isClosed && candle.meta["parts"] == 60)
      #expect(try await Self.expected(ticks)[Self.key("1m")]?[minute] == candle.values)
      try await second.remake(
        Self.start...Self.start.adding(seconds: 130), whole: Self.start...Self.start.adding(seconds: 130),
        phase: "repair")
      try await expectWhole(ticks, store, open: 1)
    }
  }

  /// The seconds of the minutes that are told of as closed.
  private func closed(_ candles: [FeedRecord]) -> [Int] {
    candles.filter { $0.isClosed && $0.key.granularity == "1m" }.map { Int($0.eventTime.seconds(since: Self.start)) }
  }

  @Test("a candle that was closed before a worker began is told of no more")
  func toldBefore() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let candles = (0..<120).map(Self.candle)
      let first = try Self.derived(FeedBench.key, store, now: 70)
      try await store.feeds.ingest(Array(candles[..<70]), phase: "listen")
      #expect(closed(try await first.take(Array(candles[..<70]), phase: "listen")) == [0])
      let second = try Self.derived(FeedBench.key, store, now: 75)
      try await second.begin()
      #expect(closed(try await second.take(Array(candles[..<60]), phase: "backfill")) == [])
      try await store.feeds.ingest(Array(candles[70...]), phase: "listen")
      #expect(closed(try await second.take(Array(candles[70...]), phase: "listen")) == [60])
    }
  }

  @Test("a candle that the start of a worker closes is told of with the next ones")
  func toldLater() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let first = try Self.derived(FeedBench.ticks, store, now: 60)
      let ticks = [0, 20, 50, 59].map(Self.tick)
      try await store.feeds.ingest(ticks, phase: "listen")
      #expect(closed(try await first.take(ticks, phase: "listen")) == [])
      // Killed after it had stored the tick that ends the minute.
      try await store.feeds.ingest([Self.tick(66)], phase: "listen")
      let second = try Self.derived(FeedBench.ticks, store, now: 70)
      try await second.begin()
      try await store.feeds.ingest([Self.tick(70)], phase: "listen")
      #expect(closed(try await second.take([Self.tick(70)], phase: "listen")) == [0])
      #expect(closed(try await second.take([Self.tick(71)], phase: "listen")) == [])
    }
  }

  @Test("who believes to lead and does not, by PostgreSQL's clock, stores none")
  func claim() async throws {
    try await TestDatabase.with { database in
      let store = database.store
      let derived = try Self.derived(FeedBench.key, store, now: 70)
      let candles = (0..<70).map(Self.candle)
      try await store.feeds.ingest(candles, phase: "listen")
      await #expect(throws: LeadsNoLonger.self) {
        _ = try await derived.take(candles, phase: "listen", claim: LapsedDuty().claim)
      }
      #expect(try await stored(store).values.allSatisfy(\.isEmpty))
      #expect(closed(try await derived.take(candles, phase: "listen")) == [0])
    }
  }
}
