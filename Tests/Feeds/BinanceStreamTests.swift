import Competition
import Synchronization
import TestKit
import Testing

@testable import Feeds

@Suite("Binance's streams", .timeLimit(.minutes(2)))
struct BinanceStreamTests {
  private static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")
  private static let ticks = FeedKey(source: "binance", subject: "BTCUSDT", kind: .tick, granularity: "1s")
  private static let now = Timestamp(seconds: 1_770_000_090)
  private static let candle = TestExchange.Candle(
    opened: 1_770_000_000, open: "0.0010", high: "0.0025", low: "0.0015", close: "0.0020", volume: "1000")
  private static let feeds = ["btcusdt@kline_1m": key, "btcusdt@aggTrade": ticks]

  private func news(_ text: String) -> [StreamNews] {
    BinanceProvider.news(text, feeds: Self.feeds, sums: Mutex(TradeSums()), now: Self.now)
  }

  @Test("a candle is forming until its message says that it is closed")
  func candles() throws {
    for isClosed in [false, true] {
      let told = news(TestExchange.message(Self.candle, isClosed: isClosed))
      guard case .page(let key, let page)? = told.first, let record = page.records.first else {
        Issue.record("\(told)")
        continue
      }
      #expect(key == Self.key)
      #expect(record.isClosed == isClosed)
      #expect(record.eventTime == Timestamp(seconds: 1_770_000_000))
      #expect(record.values["close"]?.number == (isClosed ? 0.002 : 0.001))
    }
  }

  @Test("a trade has its own time, to the millisecond")
  func trades() {
    let told = news(
      """
      {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1770000000790,"s":"BTCUSDT","a":26129,"p":"65125.10","q":"4.70443515",\
      "f":27781,"l":27781,"T":1770000000785,"m":true,"M":true}}
      """)
    guard case .page(let key, let page)? = told.first else {
      Issue.record("\(told)")
      return
    }
    #expect(key == Self.ticks)
    #expect(page.records.map(\.eventTime) == [Timestamp(milliseconds: 1_770_000_000_785)])
    #expect(page.records.first?.values["price"]?.number == 65_125.1)
    #expect(page.records.first?.values["quantity"]?.number == 4.70443515)
  }

  @Test("trades of one millisecond add up, and one that is told twice counts once")
  func quantities() {
    let sums = Mutex(TradeSums())
    func quantity(_ number: Int, at time: Int, _ quantity: String) -> Double? {
      let text = """
        {"stream":"btcusdt@aggTrade","data":{"s":"BTCUSDT","a":\(number),"p":"5","q":"\(quantity)","T":\(time)}}
        """
      guard case .page(_, let page)? = BinanceProvider.news(text, feeds: Self.feeds, sums: sums, now: Self.now).first
      else { return nil }
      return page.records.first?.values["quantity"]?.number
    }
    #expect(quantity(1, at: 1_770_000_000_001, "1.5") == 1.5)
    #expect(quantity(2, at: 1_770_000_000_001, "0.25") == 1.75)
    #expect(quantity(2, at: 1_770_000_000_001, "0.25") == 1.75)
    #expect(quantity(3, at: 1_770_000_000_002, "4") == 4)
  }

  @Test("a jump in the numbers of trades says which are lacking; what is told twice or late lacks nothing")
  func jumps() {
    let sums = Mutex(TradeSums())
    func lacks(_ number: Int) -> String? {
      let text = """
        {"stream":"btcusdt@aggTrade","data":{"s":"BTCUSDT","a":\(number),"p":"5","q":"1","T":\(1_770_000_000_000 + number)}}
        """
      guard case .page(_, let page)? = BinanceProvider.news(text, feeds: Self.feeds, sums: sums, now: Self.now).first
      else { return "no page" }
      return page.lacks
    }
    #expect([7, 8, 8, 6, 9].map(lacks) == [nil, nil, nil, nil, nil])
    #expect(lacks(11) == "trades 10 to 10")
    #expect(lacks(12) == nil)
    #expect(lacks(20) == "trades 13 to 19")
  }

  @Test(
    "what makes no sense is left out with a reason",
    arguments: [
      "", "hello", "{", "[]", "{\"result\":null,\"id\":1}", "{\"stream\":\"ethusdt@kline_1m\",\"data\":{}}",
      "{\"stream\":\"btcusdt@kline_1m\",\"data\":{\"k\":{\"t\":1}}}", "{\"stream\":\"btcusdt@kline_1m\",\"data\":[]}",
      TestExchange.message(candle, isClosed: true).replacing("0.0020", with: "NaN"),
      TestExchange.message(candle, isClosed: true).replacing("0.0020", with: "-1"),
      TestExchange.message(candle, isClosed: true).replacing("\"i\":\"1m\"", with: "\"i\":\"5m\""),
      TestExchange.message(candle, isClosed: true).replacing("\"s\":\"BTCUSDT\",\"i\"", with: "\"s\":\"X\",\"i\""),
      "{\"stream\":\"btcusdt@aggTrade\",\"data\":{\"s\":\"BTCUSDT\",\"p\":\"0\",\"q\":\"1\",\"T\":1770000000785}}",
    ])
  func nonsense(text: String) {
    for told in news(text) {
      switch told {
      case .page(_, let page): #expect(page.records.isEmpty && !page.rejected.isEmpty)
      case .rejected(let reason): #expect(!reason.isEmpty)
      case .opened, .alive, .remark: Issue.record("nothing was opened")
      }
    }
    #expect(!news(text).isEmpty)
  }

  @Test("one connection carries many feeds over TLS, in whole and in part frames, until it is cut")
  func connection() async throws {
    let authority = try await TestAuthority.make()
    let exchange = try TestExchange([Self.candle], now: Self.now)
    try await exchange.stream.start(authority)
    let provider = try BinanceProvider(FeedOptions(exchange.options(authority)))
    let heard = HeardNews()
    let running = Task {
      try await provider.stream([Self.key, Self.ticks], now: { Self.now }) { heard.take($0) }
    }
    try await waitUntil("the stream is open") { exchange.stream.listeners == 1 && heard.news.count == 1 }
    #expect(exchange.stream.paths == ["/stream?streams=btcusdt@aggTrade/btcusdt@kline_1m"])
    exchange.stream.send(TestExchange.message(Self.candle, isClosed: false))
    exchange.stream.send(TestExchange.message(Self.candle, isClosed: true), pieces: 7)
    try await waitUntil("both messages") { heard.news.count == 3 }
    exchange.stream.cut()
    await #expect(throws: FeedError.self) { try await running.value }
    try await exchange.stop()
  }

  @Test("a connection ends as it should before the exchange would cut it off, and the next one goes on")
  func renewal() async throws {
    let authority = try await TestAuthority.make()
    let exchange = try TestExchange([Self.candle], now: Self.now)
    try await exchange.stream.start(authority)
    var provider = try BinanceProvider(FeedOptions(exchange.options(authority)))
    #expect(provider.longestConnection < .seconds(24 * 3_600))
    provider.longestConnection = .milliseconds(200)
    let heard = HeardNews()
    for _ in 0..<2 { try await provider.stream([Self.key], now: { Self.now }) { heard.take($0) } }
    #expect(heard.news == [.opened, .opened])
    try await exchange.stop()
  }

  @Test("a server whose authority is not trusted is no stream")
  func untrusted() async throws {
    let authority = try await TestAuthority.make()
    let other = try await TestAuthority.make()
    let exchange = try TestExchange([Self.candle], now: Self.now)
    try await exchange.stream.start(authority)
    let provider = try BinanceProvider(FeedOptions(exchange.options(other)))
    await #expect(throws: FeedError.self) {
      try await provider.stream([Self.key], now: { Self.now }) { _ in Issue.record("a word was heard") }
    }
    try await exchange.stop()
  }

  @Test("a URL that is no WebSocket's is refused at the start, and streaming can be switched off")
  func settings() throws {
    #expect(throws: FeedError.self) { try BinanceProvider(FeedOptions(["stream_url": "https://x"])) }
    #expect(try BinanceProvider(FeedOptions([:])).canStream(Self.key))
    #expect(try !BinanceProvider(FeedOptions(["stream": "false"])).canStream(Self.key))
    var depth = Self.key
    depth.kind = .depth
    #expect(try !BinanceProvider(FeedOptions([:])).canStream(depth))
  }
}
