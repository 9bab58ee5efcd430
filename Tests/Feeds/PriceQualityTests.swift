import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("How sure a price is", .timeLimit(.minutes(2)))
struct PriceQualityTests {
  private static let now = Timestamp(seconds: 1_770_000_090)
  private static let key = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")

  private func page(confidence: String, published: Int, _ options: [String: String] = [:]) async throws -> FeedPage {
    let server = try TestHTTPServer { request in
      let id = (request["ids[]"] ?? "").dropFirst(2)
      return .json(
        """
        {"binary":{"encoding":"hex","data":[]},"parsed":[{"id":"\(id)","price":{"price":"6512500000000","conf":"\(confidence)",\
        "expo":-8,"publish_time":\(published)},"ema_price":{"price":"1","conf":"1","expo":-8,"publish_time":\(published)},\
        "metadata":{"slot":1}}]}
        """)
    }
    defer { server.stop() }
    let provider = try FeedRegistry.provider(
      named: "pyth", options: options.merging(["hermes_url": server.url]) { first, _ in first }, backfillSeconds: 60)
    return try await provider.fetch(FeedRequest(key: Self.key, now: Self.now))
  }

  @Test("a sure and fresh price carries its confidence and no flag")
  func sure() async throws {
    let record = try #require(try await page(confidence: "3200000000", published: 1_770_000_089).records.first)
    #expect(record.values["price"]?.number == 65_125)
    #expect(record.meta["confidence"]?.number == 32)
    #expect(record.meta["uncertain"] == nil)
    #expect(record.meta["stale"] == nil)
  }

  @Test("an uncertain or stale price is flagged, and left out when the setting says so")
  func flagged() async throws {
    for (confidence, published, flag) in [
      ("130250000000", 1_770_000_089, "uncertain"), ("3200000000", 1_770_000_029, "stale"),
    ] {
      let taken = try await page(confidence: confidence, published: published)
      #expect(taken.records.map { $0.meta[flag]?.bool } == [true])
      let strict = try await page(confidence: confidence, published: published, ["strict": "true"])
      #expect(strict.records.isEmpty)
      #expect(strict.refused.count == 1 && strict.rejected.isEmpty)
    }
  }

  @Test("a symbol that several prices have is refused, with their names")
  func ambiguous() async throws {
    let server = try TestHTTPServer { _ in
      .json(
        """
        [{"id":"aa","attributes":{"base":"SOL","quote_currency":"USD","symbol":"Crypto.SOL/USD"}},
         {"id":"bb","attributes":{"base":"SOL","quote_currency":"USD","symbol":"Equity.US.SOL/USD"}}]
        """)
    }
    defer { server.stop() }
    let provider = try FeedRegistry.provider(named: "pyth", options: ["hermes_url": server.url], backfillSeconds: 60)
    let key = FeedKey(source: "pyth", subject: "SOL", kind: .tick, granularity: "1s")
    let refusal = await #expect(throws: FeedError.self) {
      _ = try await provider.prepare(key, stored: [:], now: Self.now)
    }
    #expect(refusal?.isTransient == false)
    #expect(refusal?.reason.contains("Crypto.SOL/USD (aa), Equity.US.SOL/USD (bb)") == true)
  }

  @Test("the id of a symbol is looked up in the provider's list once")
  func lookUp() async throws {
    let server = try TestHTTPServer { request in
      request.path == "/v2/price_feeds"
        ? .json(
          """
          [{"id":"aa","attributes":{"asset_type":"Crypto","base":"SOL","quote_currency":"EUR","symbol":"Crypto.SOL/EUR"}},
           {"id":"bb","attributes":{"asset_type":"Crypto","base":"SOL","quote_currency":"USD","symbol":"Crypto.SOL/USD"}}]
          """)
        : .json("{\"parsed\":[{\"id\":\"bb\",\"price\":{\"price\":\"5\",\"expo\":0,\"publish_time\":1770000089}}]}")
    }
    defer { server.stop() }
    let provider = try FeedRegistry.provider(named: "pyth", options: ["hermes_url": server.url], backfillSeconds: 60)
    let key = FeedKey(source: "pyth", subject: "SOL", kind: .tick, granularity: "1s")
    for _ in 0..<2 { _ = try await provider.prepare(key, stored: [:], now: Self.now) }
    let page = try await provider.fetch(FeedRequest(key: key, now: Self.now))
    #expect(page.records.compactMap { $0.values["price"]?.number } == [5])
    #expect(server.requests.map(\.path) == ["/v2/price_feeds", "/v2/updates/price/latest"])
    let list = try JSON(
      parsing: Array(
        """
        [{"id":"a","attributes":{"base":"SOL","quote_currency":"USD","symbol":"Equity.US.SOL/USD"}},
         {"id":"b","attributes":{"base":"SOL","quote_currency":"USD","symbol":"Crypto.SOL/USD"}},
         {"id":"c","attributes":{"base":"SOL","quote_currency":"USD","symbol":"Crypto.SOL/USD.RR"}},
         {"id":"d","attributes":{"base":"AAPL","quote_currency":"USD","symbol":"Equity.US.AAPL/USD.PRE"}},
         {"id":"e","attributes":{"base":"AAPL","quote_currency":"USD","symbol":"Equity.US.AAPL/USD"}}]
        """.utf8))
    func ids(_ symbol: String) -> [String] { PythProvider.feeds(named: symbol, in: list).map(\.id).sorted() }
    #expect(ids("AAPL") == ["e"] && ids("CRYPTO.SOL/USD") == ["b"] && ids("SOL") == ["a", "b"] && ids("X").isEmpty)
    let unknown = FeedKey(source: "pyth", subject: "NOPE", kind: .tick, granularity: "1s")
    await #expect(throws: FeedError.self) { _ = try await provider.prepare(unknown, stored: [:], now: Self.now) }
  }
}
