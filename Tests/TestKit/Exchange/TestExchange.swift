import Competition
import Synchronization

/// An exchange that speaks Binance's REST interface and its combined streams, with candles and a clock that a test gives it.
/// A candle that is forming at the clock's time has a close that is not its last.
public final class TestExchange: Sendable {
  public struct Candle: Sendable, Hashable {
    public var opened: Int64
    public var open: String
    public var high: String
    public var low: String
    public var close: String
    public var volume: String

    public init(opened: Int64, open: String, high: String, low: String, close: String, volume: String) {
      (self.opened, self.open, self.high, self.low, self.close, self.volume) = (opened, open, high, low, close, volume)
    }
  }

  public static let symbol = "BTCUSDT"

  public let candles: [Candle]
  public let clock: ManualClock
  public let stream = TestWebSocketServer()
  private let faults: Mutex<[TestHTTPServer.Answer]>
  private let server: Mutex<TestHTTPServer?> = Mutex(nil)

  /// - Parameters:
  ///   - candles: of a minute each, ascending.
  ///   - now: the time at the exchange.
  ///   - faults: what is answered every second time, instead of candles, until there is none left.
  public init(_ candles: [Candle], now: Timestamp, faults: [TestHTTPServer.Answer] = []) throws {
    self.candles = candles
    clock = ManualClock(now)
    self.faults = Mutex(faults)
    let asked = Mutex(0)
    let server = try TestHTTPServer { [weak self] request in
      guard let self else { return .status(503) }
      let turn = asked.withLock { count in
        count += 1
        return count
      }
      if turn.isMultiple(of: 2), let fault = self.faults.withLock({ $0.popLast() }) { return fault }
      return .json("[\(rows(request).joined(separator: ","))]")
    }
    self.server.withLock { $0 = server }
  }

  /// Of its REST interface.
  public var url: String { server.withLock { $0?.url ?? "" } }
  public var requests: [TestHTTPServer.Request] { server.withLock { $0?.requests ?? [] } }

  /// Options of the provider `binance`.
  public func options(_ authority: TestAuthority) -> [String: String] {
    [
      "base_url": url, "stream_url": "wss://localhost:\(stream.port)",
      "ca_file": authority.authority, "timeout_seconds": "2",
    ]
  }

  public func stop() async throws {
    server.withLock { $0 }?.stop()
    try await stream.stop()
  }

  /// The message of a combined stream that tells of a candle, with the fields of Binance's.
  public static func message(_ candle: Candle, isClosed: Bool) -> String {
    let opened = candle.opened * 1_000
    return """
      {"stream":"btcusdt@kline_1m","data":{"e":"kline","E":\(opened + 59_000),"s":"BTCUSDT","k":{"t":\(opened),"T":\(opened + 59_999),\
      "s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"\(candle.open)","c":"\(isClosed ? candle.close : candle.open)",\
      "h":"\(candle.high)","l":"\(candle.low)","v":"\(candle.volume)","n":100,"x":\(isClosed),"q":"1.0","V":"500","Q":"0.5",\
      "B":"0"}}}
      """
  }

  private func rows(_ request: TestHTTPServer.Request) -> [String] {
    let start = request["startTime"].flatMap { Int64($0) } ?? 0
    let end = min(request["endTime"].flatMap { Int64($0) } ?? .max, clock.now.microseconds / 1_000)
    let limit = request["limit"].flatMap { Int($0) } ?? 500
    return candles.filter { (start...max(start, end)).contains($0.opened * 1_000) }.prefix(limit).map { candle in
      let closes = candle.opened * 1_000 + 59_999
      let close = closes < clock.now.microseconds / 1_000 ? candle.close : candle.open
      return """
        [\(candle.opened * 1_000),"\(candle.open)","\(candle.high)","\(candle.low)","\(close)","\(candle.volume)",\(closes),\
        "2434.19055334",308,"1756.87402397","28.46694368","0"]
        """
    }
  }
}
