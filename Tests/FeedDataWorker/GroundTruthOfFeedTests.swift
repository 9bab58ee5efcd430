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

/// From the exchange through the worker into PostgreSQL, and from there to the truth of predictions. `FEED_SEED=n` repeats a run.
@Suite("Ground truth of a feed with faults", .timeLimit(.minutes(5)), .enabled(if: RecordedCandles.areThere))
struct GroundTruthOfFeedTests {
  /// Candles that are there when the worker starts.
  private static let past = 1_500
  private static let horizons = 1_000

  private static let faults: [TestHTTPServer.Answer] = [
    .status(500), .reply(200, ["Content-Type": "text/html"], Array("<html>maintenance</html>".utf8)),
    .json("[[1678233600000,\"1\""), .json("[[1678233600000,\"NaN\",\"1\",\"1\",\"1\",\"1\",1678233659999]]"),
    .reply(429, ["Retry-After": "0"], []), .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[[16".utf8)),
    .status(502),
  ]

  @Test(
    "equals the return of the market to the last digit, over a week, by REST and by WebSocket",
    arguments: RecordedCandles.symbols, [true, false])
  func exact(symbol: String, isStreamed: Bool) async throws {
    let candles = try RecordedCandles.read(symbol)
    try #require(candles.count == 10_080)
    let seeded = SeededGenerator.announced("\(symbol) by \(isStreamed ? "WebSocket" : "REST")", variable: "FEED_SEED")
    try await TestDatabase.with { database in
      var dice = seeded
      let authority = try await TestAuthority.make()
      let exchange = try TestExchange(
        candles, of: symbol, now: Timestamp(seconds: candles[Self.past].opened + 30),
        faults: (0..<4).flatMap { _ in Self.faults })
      try await exchange.stream.start(authority)
      let market = Market(symbol: symbol, candles: candles, exchange: exchange, store: database.store)
      let (worker, told) = try market.worker(exchange.options(authority).merging(["stream": "\(isStreamed)"]) { $1 })
      let running = Task { try await worker.run() }
      try await waitUntil("the past") { try await market.isStored(through: Self.past - 1) }
      if isStreamed {
        try await market.stream(from: Self.past, &dice)
      } else {
        try await market.pass(from: Self.past, &dice)
      }
      try await market.waitUntilWhole()
      // By REST alone all would be there as well.
      #expect(isStreamed == (told.count > 0))
      for _ in 0..<Self.horizons { try await market.check(&dice) }
      running.cancel()
      _ = await running.result
      try await exchange.stop()
    }
  }
}

/// A market that a test moves on, and what a worker has stored of it.
private struct Market {
  let symbol: String
  let candles: [TestExchange.Candle]
  let exchange: TestExchange
  let store: Store
  var key: FeedKey { FeedKey(source: "binance", subject: symbol, kind: .candle, granularity: "1m") }

  /// Minute after minute, each told by the stream; which breaks off now and then.
  func stream(from first: Int, _ dice: inout SeededGenerator) async throws {
    try await waitUntil("the stream") { exchange.stream.listeners == 1 }
    for index in first..<candles.count {
      exchange.clock.now = Timestamp(seconds: candles[index].opened + 60)
      tell(index, &dice)
      if Int.random(in: 0..<1_000, using: &dice) == 0 {
        exchange.stream.cut()
        try await waitUntil("the stream again") { exchange.stream.listeners == 1 }
      }
    }
    exchange.stream.cut()
  }

  /// A candle as it forms and as it closed; some not at all, some twice, some late, with rubbish between.
  private func tell(_ index: Int, _ dice: inout SeededGenerator) {
    func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &dice) == 0 }
    func message(_ index: Int, isClosed: Bool) -> String {
      TestExchange.message(candles[index], of: symbol, isClosed: isClosed)
    }
    if chance(17) { return }
    exchange.stream.send(message(index, isClosed: false), pieces: chance(5) ? 3 : 1)
    if chance(19) { return }
    exchange.stream.send(message(index, isClosed: true))
    if chance(7) { exchange.stream.send(message(index, isClosed: true)) }
    if chance(11) { exchange.stream.send(message(index, isClosed: false)) }
    if chance(13) { exchange.stream.send(message(index - 3, isClosed: true)) }
    if chance(23) { exchange.stream.send("<html>maintenance</html>") }
  }

  /// Jumps of up to five hours, at any second, each of which a poll has to see.
  func pass(from first: Int, _ dice: inout SeededGenerator) async throws {
    var index = first
    while index < candles.count - 1 {
      index = min(index + Int.random(in: 1...300, using: &dice), candles.count - 1)
      exchange.clock.now = Timestamp(seconds: candles[index].opened + Int64.random(in: 0..<60, using: &dice))
      try await waitUntil("candle \(index)") { try await isStored(through: index) }
    }
    exchange.clock.now = Timestamp(seconds: candles[index].opened + 60)
  }

  /// Waits until each candle is stored as it closed.
  func waitUntilWhole() async throws {
    let seen = Mutex("")
    do {
      try await waitUntil("all candles") {
        let (from, through) = (
          Timestamp(seconds: candles[0].opened), Timestamp(seconds: candles[candles.count - 1].opened)
        )
        let records = try await store.feeds.records(of: key, from: from, through: through, limit: candles.count + 1)
        let closed = Set(records.filter(\.isClosed).map(\.eventTime.seconds))
        let missing = candles.enumerated().filter { !closed.contains($0.element.opened) }.map(\.offset)
        seen.withLock { $0 = "\(missing.count) missing: \(missing.prefix(20)), \(missing.suffix(3))" }
        return missing.isEmpty
      }
    } catch {
      Issue.record("\(seen.withLock { $0 })")
      throw error
    }
  }

  /// A horizon at random: its truth is the return of the candles.
  func check(_ dice: inout SeededGenerator) async throws {
    let index = Int.random(in: 1..<candles.count - 62, using: &dice)
    let minutes = Int.random(in: 1...60, using: &dice)
    let performed = Timestamp(seconds: candles[index].opened).adding(seconds: Double.random(in: 0..<60, using: &dice))
    let resolvable = performed.adding(seconds: minutes * 60)
    let resolver = GroundTruthResolver(contract: CrunchContract(), graceSeconds: 300, maxWaitSeconds: 86_400)
    let query = resolver.query(feed: key, performedAt: performed, resolvableAt: resolvable)
    let records = try await store.feeds.records(of: key, from: query.from, through: query.through, limit: 10_000)
    let decision = resolver.resolve(
      query, records: records, newest: try await store.feeds.newest(of: key), passedAt: nil, inputID: "i",
      scopeKey: "s", now: resolvable)
    guard case .resolved(let truth) = decision else {
      Issue.record("no truth from \(performed) to \(resolvable): \(decision)")
      return
    }
    let entry = try #require(Double(candles[index - 1].close))
    let exit = try #require(Double(candles[index - 1 + minutes].close))
    #expect(truth.value["return"]?.number == (exit - entry) / entry)
  }

  func isStored(through index: Int) async throws -> Bool {
    guard let newest = try await store.feeds.newest(of: key) else { return false }
    return newest.eventTime >= Timestamp(seconds: candles[index].opened)
  }

  /// A worker, and what the stream has told it.
  func worker(_ options: [String: String]) throws -> (FeedDataWorker, ToldProvider) {
    let provider = ToldProvider(
      try #require(
        try FeedRegistry.provider(named: "binance", options: options, backfillSeconds: 60) as? any StreamingProvider))
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let clock = exchange.clock
    var poller = FeedPoller(
      key: key, provider: provider, store: store, bus: MemoryBus { clock.now }, pollSeconds: 0.05,
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
    return (FeedDataWorker(pollers: [poller], streams: streams), provider)
  }
}

/// Counts what the stream of another provider tells.
private final class ToldProvider: StreamingProvider {
  private let inner: any StreamingProvider
  private let closed = Mutex(0)

  init(_ inner: any StreamingProvider) { self.inner = inner }

  /// Closed candles that the stream told of.
  var count: Int { closed.withLock { $0 } }

  func subjects() async throws -> [FeedSubject] { try await inner.subjects() }
  func fetch(_ request: FeedRequest) async throws -> FeedPage { try await inner.fetch(request) }
  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) async throws -> JSONObject {
    try await inner.prepare(key, stored: stored, now: now)
  }
  func canStream(_ key: FeedKey) -> Bool { inner.canStream(key) }
  var feedsPerStream: Int { inner.feedsPerStream }

  func stream(
    _ keys: [FeedKey], now: @Sendable @escaping () -> Timestamp, receive: @Sendable @escaping (StreamNews) -> Void
  ) async throws {
    try await inner.stream(keys, now: now) { [self] news in
      if case .page(_, let page) = news { closed.withLock { $0 += page.records.count(where: \.isClosed) } }
      receive(news)
    }
  }
}
