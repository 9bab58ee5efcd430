import Bus
import Competition
import Feeds
import Logging
import ServiceKit
import Store
import Synchronization
import TestKit
import Testing

@testable import FeedDataWorker

/// From the exchange through the worker into PostgreSQL, and from there to the truth of predictions.
@Suite("Ground truth of a feed with faults", .timeLimit(.minutes(5)), .enabled(if: RecordedCandles.areThere))
struct GroundTruthOfFeedTests {
  private static let key = FeedKey(source: "binance", subject: TestExchange.symbol, kind: .candle, granularity: "1m")
  /// Candles that are there when the worker starts, and all that there are.
  private static let past = 1_500
  private static let count = 3_000

  private static let faults: [TestHTTPServer.Answer] = [
    .status(500), .reply(200, ["Content-Type": "text/html"], Array("<html>maintenance</html>".utf8)),
    .json("[[1678233600000,\"1\""), .json("[[1678233600000,\"NaN\",\"1\",\"1\",\"1\",\"1\",1678233659999]]"),
    .reply(429, ["Retry-After": "0"], []), .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[[16".utf8)),
    .status(502),
  ]

  @Test("equals the return of the market to the last digit, by REST and by WebSocket")
  func exact() async throws {
    let candles = Array(try RecordedCandles.read().prefix(Self.count))
    try #require(candles.count == Self.count)
    try await TestDatabase.with { database in
      let authority = try await TestAuthority.make()
      let exchange = try TestExchange(
        candles, now: Timestamp(seconds: candles[Self.past].opened + 30), faults: Self.faults + Self.faults)
      try await exchange.stream.start(authority)
      let worker = try self.worker(exchange, authority, database.store)
      let running = Task { try await worker.run() }
      try await waitUntil("the past") { try await stored(database.store, through: candles[Self.past - 1]) }
      try await waitUntil("the stream") { exchange.stream.listeners == 1 }
      var random = SystemRandomNumberGenerator()
      for (index, candle) in candles.enumerated().dropFirst(Self.past) {
        exchange.clock.now = Timestamp(seconds: candle.opened + 60)
        tell(candle, index, candles, exchange.stream)
        if index.isMultiple(of: 500) {
          exchange.stream.cut()
          try await waitUntil("the stream again") { exchange.stream.listeners == 1 }
        }
      }
      exchange.stream.cut()
      let end = try #require(candles.last)
      let seen = Mutex("")
      do {
        try await waitUntil("all candles") {
          let span = (from: Timestamp(seconds: candles[0].opened), through: Timestamp(seconds: end.opened))
          let records = try await database.store.feeds.records(
            of: Self.key, from: span.from, through: span.through, limit: Self.count + 1)
          let closed = Set(records.filter(\.isClosed).map(\.eventTime.seconds))
          let missing = candles.enumerated().filter { !closed.contains($0.element.opened) }.map(\.offset)
          seen.withLock { $0 = "\(missing.count) missing: \(missing.prefix(20)), \(missing.suffix(3))" }
          return missing.isEmpty
        }
      } catch {
        Issue.record("\(seen.withLock { $0 })")
        throw error
      }
      for _ in 0..<1_000 {
        let from = Int.random(in: 1..<Self.count - 62, using: &random)
        let minutes = Int.random(in: 1...60, using: &random)
        try await check(from, minutes, offset: Double.random(in: 0..<60, using: &random), candles, database.store)
      }
      running.cancel()
      _ = await running.result
      try await exchange.stop()
    }
  }

  /// A candle as it forms and as it closed; some not at all, some twice, some late, with rubbish between.
  private func tell(
    _ candle: TestExchange.Candle, _ index: Int, _ candles: [TestExchange.Candle], _ stream: TestWebSocketServer
  ) {
    if index % 17 == 0 { return }
    stream.send(TestExchange.message(candle, isClosed: false), pieces: index % 5 == 0 ? 3 : 1)
    if index % 19 == 0 { return }
    stream.send(TestExchange.message(candle, isClosed: true))
    if index % 7 == 0 { stream.send(TestExchange.message(candle, isClosed: true)) }
    if index % 11 == 0 { stream.send(TestExchange.message(candle, isClosed: false)) }
    if index % 13 == 0 { stream.send(TestExchange.message(candles[index - 3], isClosed: true)) }
    if index % 23 == 0 { stream.send("<html>maintenance</html>") }
  }

  private func check(
    _ index: Int, _ minutes: Int, offset: Double, _ candles: [TestExchange.Candle], _ store: Store
  ) async throws {
    let performed = Timestamp(seconds: candles[index].opened).adding(seconds: offset)
    let resolvable = performed.adding(seconds: minutes * 60)
    let resolver = GroundTruthResolver(contract: CrunchContract(), graceSeconds: 300, maxWaitSeconds: 86_400)
    let query = resolver.query(feed: Self.key, performedAt: performed, resolvableAt: resolvable)
    let records = try await store.feeds.records(of: Self.key, from: query.from, through: query.through, limit: 10_000)
    let decision = resolver.resolve(
      query, records: records, newest: try await store.feeds.newest(of: Self.key), passedAt: nil, inputID: "i",
      scopeKey: "s", now: resolvable)
    guard case .resolved(let truth) = decision else {
      Issue.record("no truth from \(performed) to \(resolvable): \(decision)")
      return
    }
    let entry = try #require(Double(candles[index - 1].close))
    let exit = try #require(Double(candles[index - 1 + minutes].close))
    #expect(truth.value["return"]?.number == (exit - entry) / entry)
  }

  private func stored(_ store: Store, through candle: TestExchange.Candle) async throws -> Bool {
    guard let newest = try await store.feeds.newest(of: Self.key) else { return false }
    return newest.eventTime >= Timestamp(seconds: candle.opened)
  }

  private func worker(
    _ exchange: TestExchange, _ authority: TestAuthority, _ store: Store
  ) throws -> FeedDataWorker {
    let provider = try FeedRegistry.provider(
      named: "binance", options: exchange.options(authority), backfillSeconds: 60)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let clock = exchange.clock
    var poller = FeedPoller(
      key: Self.key, provider: provider, store: store, bus: MemoryBus { clock.now }, pollSeconds: 0.05,
      backfillSeconds: 86_400 * 7, health: Health(), logger: logger)
    poller.firstPause = .milliseconds(5)
    poller.longestPause = .milliseconds(20)
    poller.now = { clock.now }
    var streams = FeedStream.all(
      provider: provider, pollers: [poller], silence: .seconds(60), duty: SoleDuty(), logger: logger)
    for index in streams.indices {
      streams[index].firstPause = .milliseconds(5)
      streams[index].longestPause = .milliseconds(20)
      streams[index].now = { clock.now }
    }
    return FeedDataWorker(pollers: [poller], streams: streams)
  }
}
