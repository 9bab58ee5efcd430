import Competition
import Synchronization
import TestKit
import Testing

@testable import Feeds

@Suite("Symbols of Binance", .timeLimit(.minutes(2)))
struct BinanceSymbolsTests {
  private static let now = Timestamp(seconds: 1_770_000_000)

  private static func key(_ symbol: String, kind: FeedKind = .candle) -> FeedKey {
    FeedKey(source: "binance", subject: symbol, kind: kind, granularity: "1m")
  }

  private func withExchange(_ body: (TestExchange, BinanceProvider) async throws -> Void) async throws {
    let exchange = try TestExchange([], others: ["ETHUSDT", "SOLUSDC"], now: Self.now)
    try await body(exchange, try BinanceProvider(FeedOptions(["base_url": exchange.url, "futures_url": exchange.url])))
    try await exchange.stop()
  }

  @Test(
    "one that there is not is refused for good, with what may be meant",
    arguments: [
      ("BTCUSD", "BTCUSDT"), ("btcusdt", "BTCUSDT"), ("ETH/USDT", "ETHUSDT"), ("ETH", "ETHUSDT"),
      ("SOLUSDCC", "SOLUSDC"), ("DOGEUSDT12345", nil),
    ] as [(String, String?)])
  func unknown(symbol: String, meant: String?) async throws {
    try await withExchange { _, provider in
      let refusal = await #expect(throws: FeedError.self) {
        try await provider.check(Self.key(symbol), now: Self.now)
      }
      let hint = meant.map { "; did you mean \($0)?" } ?? ""
      #expect(refusal?.reason == "Binance does not have \(symbol)\(hint)")
      #expect(refusal?.isTransient == false)
    }
  }

  @Test("one that is not traded is an error that passes, and the feed begins once it is")
  func halted() async throws {
    try await withExchange { exchange, provider in
      exchange.list("ETHUSDT", status: "BREAK")
      let refusal = await #expect(throws: FeedError.self) {
        try await provider.check(Self.key("ETHUSDT"), now: Self.now)
      }
      #expect(refusal?.isTransient == true)
      #expect(refusal?.reason == "Binance does not trade ETHUSDT now: its status is BREAK")
      exchange.list("ETHUSDT", status: "TRADING")
      try await provider.check(Self.key("ETHUSDT"), now: Self.now.adding(seconds: 61))
    }
  }

  @Test("are asked for once, however many feeds begin")
  func once() async throws {
    try await withExchange { exchange, provider in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<50 {
          let symbol = ["BTCUSDT", "ETHUSDT", "SOLUSDC"][index % 3]
          group.addTask { try await provider.check(Self.key(symbol), now: Self.now) }
        }
        try await group.waitForAll()
      }
      #expect(exchange.requests.map(\.path) == ["/api/v3/exchangeInfo"])
    }
  }

  @Test("that cannot be asked for are an error that passes, and asked for again")
  func away() async throws {
    let isAway = Mutex(true)
    let server = try TestHTTPServer { _ in
      isAway.withLock { $0 } ? .status(503) : .json(#"{"symbols":[{"symbol":"BTCUSDT","status":"TRADING"}]}"#)
    }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url]))
    let failure = await #expect(throws: FeedError.self) {
      try await provider.check(Self.key("BTCUSDT"), now: Self.now)
    }
    #expect(failure?.isTransient == true)
    isAway.withLock { $0 = false }
    try await provider.check(Self.key("BTCUSDT"), now: Self.now)
  }

  @Test(
    "that the list of all has not are asked for by name; where there is no list none is refused; futures have their own"
  )
  func others() async throws {
    let server = try TestHTTPServer { request in
      switch (request.path, request["symbol"]) {
      case ("/api/v3/exchangeInfo", nil): .json(#"{"symbols":[{"symbol":"BTCUSDT","status":"TRADING"}]}"#)
      case ("/api/v3/exchangeInfo", "RARE"): .json(#"{"symbols":[{"symbol":"RARE","status":"TRADING"}]}"#)
      default: .status(404)
      }
    }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url, "futures_url": server.url]))
    try await provider.check(Self.key("RARE"), now: Self.now)
    try await provider.check(Self.key("ANY", kind: .funding), now: Self.now)
    #expect(server.requests.map(\.path).last == "/fapi/v1/exchangeInfo")
    await #expect(throws: FeedError.self) {
      try await provider.check(Self.key("ANY"), now: Self.now)
    }
  }
}
