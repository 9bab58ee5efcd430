import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("The clock of a provider", .timeLimit(.minutes(2)))
struct ProviderClockTests {
  private static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")

  private static func row(_ opened: Int64) -> String {
    "[\(opened)000,\"1\",\"3\",\"1\",\"2\",\"5\",\(opened + 59)999]"
  }

  @Test("is the date of its answers, and ours is compared with it")
  func date() throws {
    let received = Timestamp(seconds: 1_770_000_010)
    let clock = try #require(
      ProviderClock(date: "Mon, 02 Feb 2026 02:40:03 GMT", sent: received.adding(seconds: -1), received: received))
    #expect(clock.time == Timestamp(seconds: 1_770_000_003))
    #expect(clock.skew == 6)
    for text in [nil, "", "yesterday", "Mon, 02 Feb 2026 02:40:03 CET", "Mon, 02 Foo 2026 02:40:03 GMT"] {
      #expect(ProviderClock(date: text, sent: received, received: received) == nil)
    }
  }

  @Test("says whether a candle is closed: one that forms stays open, however far ours is ahead")
  func ahead() async throws {
    let server = try TestHTTPServer { _ in
      .reply(
        200, ["Date": "Mon, 02 Feb 2026 02:41:30 GMT"],
        Array("[\(Self.row(1_770_000_000)),\(Self.row(1_770_000_060))]".utf8))
    }
    defer { server.stop() }
    let provider = try BinanceProvider(FeedOptions(["base_url": server.url]))
    let page = try await provider.fetch(
      FeedRequest(key: Self.key, start: Timestamp(seconds: 1_770_000_000), now: Timestamp(seconds: 1_770_003_600)))
    #expect(page.records.map(\.isClosed) == [true, false])
    #expect((provider.clockSkew ?? 0) > 3_600)
  }
}
