import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("Binance's trades by REST", .timeLimit(.minutes(2)))
struct BinanceTradesTests {
  private static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .tick, granularity: "1s")
  private static let start: Int64 = 1_770_000_000_000

  /// What a walk over all of these trades finds: price by millisecond since the start.
  private func walk(_ trades: [TestExchange.Trade], seconds: Int) async throws -> (found: [Int64: Double], asked: Int) {
    let now = Timestamp(milliseconds: Self.start).adding(seconds: seconds)
    let exchange = try TestExchange([], now: now)
    exchange.trade(trades, tells: false)
    let options = try await exchange.options(TestAuthority.make())
    let provider = try BinanceProvider(FeedOptions(options.merging(["ca_file": ""]) { $1 }))
    var walk = BackfillWalk(
      key: Self.key, start: Timestamp(milliseconds: Self.start), end: now.adding(seconds: 60), endsAtShortPage: true)
    var found: [Int64: Double] = [:]
    while let request = walk.next(now: now) {
      let page = try await provider.fetch(request)
      #expect(page.rejected == [])
      for record in page.records {
        let millisecond = record.eventTime.microseconds / 1_000 - Self.start
        #expect(found[millisecond] == nil, "\(millisecond) comes twice")
        found[millisecond] = record.values["price"]?.number
      }
      walk.took(page)
    }
    let asked = exchange.requests.count
    try await exchange.stop()
    return (found, asked)
  }

  private func trade(_ number: Int, _ millisecond: Int64) -> TestExchange.Trade {
    TestExchange.Trade(number: Int64(number), time: Self.start + millisecond, price: "\(number + 1)")
  }

  @Test("each is found over many pages, and of those in one millisecond the last")
  func pages() async throws {
    // 2,500 trades, two of each millisecond but one.
    let trades = (0..<2_500).map { trade($0, Int64(($0 + 1) / 2)) }
    let (found, asked) = try await walk(trades, seconds: 60)
    let expected = Dictionary(trades.map { ($0.time - Self.start, Double($0.number + 1)) }) { $1 }
    #expect(found == expected)
    #expect(asked == 3)
  }

  @Test("a millisecond with more trades than an answer has its last one")
  func crowd() async throws {
    let trades = [trade(0, 5)] + (1...2_500).map { trade($0, 10) } + [trade(2_501, 11)]
    let (found, _) = try await walk(trades, seconds: 60)
    #expect(found == [5: 1, 10: 2_501, 11: 2_502])
  }

  @Test("quantities of one millisecond add up, on one page and over several")
  func quantities() async throws {
    let trades = [(0, 5, "1.5"), (1, 5, "0.25")].map { number, time, quantity in
      TestExchange.Trade(number: number, time: Self.start + time, price: "7", quantity: quantity)
    }
    let crowd = (2..<2_300).map { TestExchange.Trade(number: $0, time: Self.start + 9, price: "8", quantity: "2") }
    let exchange = try TestExchange([], now: Timestamp(milliseconds: Self.start + 1_000))
    exchange.trade(trades + crowd, tells: false)
    let provider = try BinanceProvider(FeedOptions(["base_url": exchange.url]))
    var walk = BackfillWalk(
      key: Self.key, start: .init(milliseconds: Self.start), end: .init(milliseconds: Self.start + 900))
    var found: [Double?] = []
    while let request = walk.next(now: .init(milliseconds: Self.start + 1_000)) {
      let page = try await provider.fetch(request)
      found += page.records.map { $0.values["quantity"]?.number }
      walk.took(page)
    }
    #expect(found == [1.75, 2_298 * 2])
    try await exchange.stop()
  }

  @Test("hours without a trade are passed over, an hour at a time")
  func quiet() async throws {
    let trades = [trade(0, 0), trade(1, 4 * 3_600_000)]
    let (found, asked) = try await walk(trades, seconds: 5 * 3_600)
    #expect(found == [0: 1, 4 * 3_600_000: 2])
    #expect(asked == 6)
  }

  @Test(
    "rows that make no sense are left out and named",
    arguments: [
      "{}", "1", "{\"p\":\"0\",\"q\":\"1\",\"T\":1}", "{\"p\":\"1\",\"q\":\"1\"}", "{\"p\":\"1\",\"T\":1}",
      "{\"p\":\"1\",\"q\":\"-1\",\"T\":1}",
    ])
  func nonsense(row: String) async throws {
    let server = try TestHTTPServer { _ in .json("[\(row),{\"a\":1,\"p\":\"5\",\"q\":\"1\",\"T\":\(Self.start)}]") }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url]))
    let page = try await provider.fetch(
      FeedRequest(key: Self.key, start: .init(milliseconds: Self.start), now: .init(milliseconds: Self.start + 1)))
    #expect(page.records.compactMap { $0.values["price"]?.number } == [5])
    #expect(page.rejected.count == 1)
  }

  @Test("a full answer of rubbish is an error that passes: nobody knows how far it goes")
  func fullRubbish() async throws {
    let rows = Array(repeating: "{}", count: 1_000).joined(separator: ",")
    let server = try TestHTTPServer { _ in .json("[\(rows)]") }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url]))
    let start = Timestamp(milliseconds: Self.start)
    let failure = await #expect(throws: FeedError.self) {
      try await provider.fetch(FeedRequest(key: Self.key, start: start, now: start.adding(seconds: 86_400)))
    }
    #expect(failure?.isTransient == true)
    #expect(failure?.reason == "the provider's answer makes no sense: row 0 is no trade (and 999 more)")
  }

  @Test("rubbish behind the first answer of a crowded millisecond is named too")
  func crowdedRubbish() async throws {
    let crowd = (0..<1_000).map { "{\"a\":\($0),\"p\":\"5\",\"q\":\"1\",\"T\":\(Self.start)}" }.joined(separator: ",")
    let server = try TestHTTPServer { request in .json(request["fromId"] == nil ? "[\(crowd)]" : "[{}]") }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url]))
    let start = Timestamp(milliseconds: Self.start)
    let page = try await provider.fetch(FeedRequest(key: Self.key, start: start, now: start.adding(seconds: 60)))
    #expect(page.records.count == 1 && page.rejected == ["row 0 is no trade"])
  }

  @Test("the price at each poll instead, by setting, and nothing but these two")
  func ticker() throws {
    #expect(try BinanceProvider(FeedOptions([:])).canStream(Self.key))
    #expect(try !BinanceProvider(FeedOptions(["ticks": "ticker"])).canStream(Self.key))
    #expect(throws: FeedError.self) { try BinanceProvider(FeedOptions(["ticks": "all"])) }
  }
}
