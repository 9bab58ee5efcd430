import Competition
import Foundation
import Synchronization
import TestKit
import Testing

@testable import Feeds

/// Providers against a server that answers as theirs do, and as no server should.
@Suite("Providers over HTTP", .timeLimit(.minutes(2)))
struct ProviderServerTests {
  private static let now = Timestamp(seconds: 1_770_000_090)
  private static let candleKey = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")

  private static func row(_ second: Int64, close: String) -> String {
    """
    [\(second * 1_000),"100.1","110.5","90.2","\(close)","12.5",\((second + 60) * 1_000 - 1),"1.0",100,"1.0","2.0","0"]
    """
  }

  private func binance(_ server: TestHTTPServer, _ options: [String: String] = [:]) throws -> any FeedProvider {
    let defaults = ["base_url": server.url + "/", "futures_url": server.url, "timeout_seconds": "5"]
    return try FeedRegistry.provider(
      named: "binance", options: defaults.merging(options) { $1 }, backfillSeconds: 60)
  }

  private func request(_ key: FeedKey = candleKey) -> FeedRequest {
    FeedRequest(key: key, start: Timestamp(seconds: 1_770_000_000), end: Self.now, limit: 500, now: Self.now)
  }

  @Test("a candle that has not ended is marked so, under its own granularity")
  func forming() async throws {
    let server = try TestHTTPServer { _ in
      .json(
        "[\(Self.row(1_769_999_940, close: "101")),\(Self.row(1_770_000_000, close: "102")),\(Self.row(1_770_000_060, close: "103"))]"
      )
    }
    defer { server.stop() }
    let page = try await binance(server).fetch(request())
    #expect(page.records.map(\.isClosed) == [true, true, false])
    #expect(page.records.compactMap { $0.values["close"]?.number } == [101, 102, 103])
    let asked = try #require(server.requests.first)
    #expect(asked.path == "/api/v3/klines")
    #expect(asked["interval"] == "1m")
    #expect(asked["symbol"] == "BTCUSDT")
    #expect(asked["startTime"] == "1770000000000")
  }

  @Test("seconds are asked for as seconds, and what Binance does not offer is refused at the start")
  func granularity() async throws {
    let server = try TestHTTPServer { _ in .json("[]") }
    defer { server.stop() }
    let provider = try binance(server)
    var key = Self.candleKey
    key.granularity = "1s"
    _ = try await provider.prepare(key, stored: [:], now: Self.now)
    _ = try await provider.fetch(request(key))
    #expect(server.requests.first?["interval"] == "1s")
    let odd = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "7m")
    await #expect(throws: FeedError.self) { _ = try await provider.prepare(odd, stored: [:], now: Self.now) }
  }

  @Test(
    "rows that make no sense are left out and named, the others are taken",
    arguments: [
      "[1770000000000,\"abc\",\"1\",\"1\",\"1\",\"1\"]", "[1770000000000,\"1\",\"1\",\"1\",\"NaN\",\"1\"]",
      "[1770000000000,1,1,1,NaN,1]", "[1770000000000,1,1,1,Infinity,1]", "[1770000000000,1,1,1,-5,1]",
      "[1770000000000,1,1,1,0,1]", "[1770000000000,1,1,1,1,-1]", "[1770000000000]", "{\"t\":1}", "null", "\"text\"",
      "[9223372036854775807,1,1,1,1,1]", "[-1,1,1,1,1,1]", "[null,1,1,1,1,1]", "[true,1,1,1,1,1]",
      "[1770000000000,1,1,1,true,1]", "[1770000000000,1,1,1,1e999,1]",
    ])
  func badRow(row: String) async throws {
    let server = try TestHTTPServer { _ in .json("[\(Self.row(1_769_999_940, close: "101")),\(row)]") }
    defer { server.stop() }
    let page = try await binance(server).fetch(request())
    #expect(page.records.count == 1)
    #expect(page.rejected.count == 1)
  }

  @Test("rows out of order come in order, twice the same stay two for the store to settle")
  func order() async throws {
    let rows = [1_770_000_060, 1_769_999_940, 1_770_000_000, 1_770_000_000].map { Self.row($0, close: "101") }
    let server = try TestHTTPServer { _ in .json("[\(rows.joined(separator: ","))]") }
    defer { server.stop() }
    let times = try await binance(server).fetch(request()).records.map(\.eventTime.seconds)
    #expect(times == [1_769_999_940, 1_770_000_000, 1_770_000_000, 1_770_000_060])
  }

  private static let badAnswers: [String: TestHTTPServer.Answer] = [
    "html": .reply(200, ["Content-Type": "text/html"], Array("<html>maintenance</html>".utf8)),
    "error": .status(500), "too many requests": .reply(429, ["Retry-After": "0"], []),
    "cut JSON": .json("[[1770000000000,\"1\""),
    "empty": .reply(200, [:], []),
    "broken off": .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[[17".utf8)),
    "no HTTP": .raw(Array("hello".utf8)), "silence": .silence,
  ]

  @Test("garbage is an error that passes, and the next answer is taken", arguments: badAnswers.keys.sorted())
  func garbage(kind: String) async throws {
    let bad = try #require(Self.badAnswers[kind])
    let state = Health()
    let server = try TestHTTPServer { _ in state.isHealthy ? .json("[\(Self.row(1_769_999_940, close: "101"))]") : bad }
    defer { server.stop() }
    let provider = try binance(server, ["timeout_seconds": "0.3"])
    do {
      _ = try await provider.fetch(request())
      Issue.record("\(kind) was taken")
    } catch let error as FeedError { #expect(error.isTransient) }
    state.heal()
    #expect(try await provider.fetch(request()).records.count == 1)
  }

  private final class Health: Sendable {
    private let state = Mutex(false)
    var isHealthy: Bool { state.withLock { $0 } }
    func heal() { state.withLock { $0 = true } }
  }

  @Test("a subject that is not answered holds up no other")
  func lanes() async throws {
    let server = try TestHTTPServer { $0["symbol"] == "DEAD" ? .silence : .json("{\"price\":\"5.5\"}") }
    defer { server.stop() }
    let provider = try binance(server, ["timeout_seconds": "60", "ticks": "ticker"])
    func key(_ subject: String) -> FeedKey {
      FeedKey(source: "binance", subject: subject, kind: .tick, granularity: "1s")
    }
    let stuck = Task { try await provider.fetch(FeedRequest(key: key("DEAD"), now: Self.now)) }
    while server.requests.isEmpty { await Task.yield() }
    let page = try await provider.fetch(FeedRequest(key: key("LIVE"), now: Self.now))
    #expect(page.records.first?.values["price"]?.number == 5.5)
    stuck.cancel()
    _ = await stuck.result
  }

  @Test("order books and funding rates come from their own addresses")
  func otherKinds() async throws {
    let server = try TestHTTPServer { request in
      switch request.path {
      case "/api/v3/depth": .json("{\"bids\":[[\"10\",\"2\"]],\"asks\":[[\"12\",\"2\"]]}")
      case "/fapi/v1/premiumIndex": .json("{\"markPrice\":\"11\",\"indexPrice\":\"10\",\"lastFundingRate\":\"0.1\"}")
      default: .status(404)
      }
    }
    defer { server.stop() }
    let provider = try binance(server, ["depth_limit": "5"])
    let depth = try await provider.fetch(
      FeedRequest(key: FeedKey(source: "b", subject: "X", kind: .depth, granularity: "1s"), now: Self.now))
    #expect(depth.records.first?.values["mid_price"]?.number == 11)
    #expect(server.requests.first?["limit"] == "5")
    let funding = try await provider.fetch(
      FeedRequest(key: FeedKey(source: "b", subject: "X", kind: .funding, granularity: "1s"), now: Self.now))
    #expect(funding.records.first?.values["funding_rate"]?.number == 0.1)
  }

  @Test("Pyth's prices are scaled, its ids found with and without 0x, its candles closed by the next")
  func pyth() async throws {
    let source = Updates([(6_512_500, 1_770_000_059), (6_600_000, 1_770_000_062)])
    let server = try TestHTTPServer { request in
      let (price, time) = source.next()
      let id = (request["ids[]"] ?? "").dropFirst(2)
      return .json(
        """
        {"binary":{},"parsed":[{"id":"\(id)","price":{"price":"\(price)","conf":"1","expo":-2,"publish_time":\(time)}}]}
        """)
    }
    defer { server.stop() }
    let provider = try FeedRegistry.provider(
      named: "pyth", options: ["hermes_url": server.url + "/"], backfillSeconds: 60)
    let key = FeedKey(source: "pyth", subject: "BTC", kind: .candle, granularity: "1m")
    let request = FeedRequest(key: key, now: Self.now)
    let first = try await provider.fetch(request).records
    #expect(first.compactMap { $0.values["close"]?.number } == [65_125])
    #expect(first.map(\.isClosed) == [false])
    let second = try await provider.fetch(request).records
    #expect(second.map(\.isClosed) == [true, false])
    #expect(second.map(\.eventTime.seconds) == [1_770_000_000, 1_770_000_060])
    #expect(server.requests.first?["parsed"] == "true")
  }

  private final class Updates: Sendable {
    private let rest: Mutex<[(Int, Int)]>
    init(_ updates: [(Int, Int)]) { rest = Mutex(updates) }
    func next() -> (Int, Int) { rest.withLock { $0.isEmpty ? (0, 0) : $0.removeFirst() } }
  }

  @Test("Pyth without a price makes none up")
  func nothingMadeUp() async throws {
    let server = try TestHTTPServer { _ in .json("{\"parsed\":[]}") }
    defer { server.stop() }
    let provider = try FeedRegistry.provider(named: "pyth", options: ["hermes_url": server.url], backfillSeconds: 60)
    let key = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
    #expect(try await provider.fetch(FeedRequest(key: key, now: Self.now)).records.isEmpty)
    let unknown = FeedKey(source: "pyth", subject: "DOGE", kind: .tick, granularity: "1s")
    await #expect(throws: FeedError.self) { _ = try await provider.prepare(unknown, stored: [:], now: Self.now) }
  }

  @Test("what can be had is listed")
  func subjects() async throws {
    let server = try TestHTTPServer { request in
      request.path == "/v2/price_feeds"
        ? .json("[{\"id\":\"ab\",\"attributes\":{\"symbol\":\"Sol/USD\"}},{\"id\":1}]")
        : .json("{\"symbols\":[{\"symbol\":\"BTCUSDT\"}]}")
    }
    defer { server.stop() }
    #expect(try await binance(server).subjects().map(\.symbol) == ["BTCUSDT"])
    let pyth = try FeedRegistry.provider(named: "pyth", options: ["hermes_url": server.url], backfillSeconds: 60)
    #expect(try await pyth.subjects().map(\.symbol) == ["SOL"])
  }

  @Test("an unknown provider is refused with the names of those there are")
  func unknown() {
    do {
      _ = try FeedRegistry.provider(named: "nope", options: [:], backfillSeconds: 1)
      Issue.record("nope was made")
    } catch {
      #expect("\(error)".contains("FEED_PROVIDER \"nope\""))
      for name in FeedRegistry.names { #expect("\(error)".contains(name)) }
    }
  }
}
