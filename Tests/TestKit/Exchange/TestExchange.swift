import Competition
import Synchronization

/// An exchange that speaks Binance's REST interface and its combined streams, with candles and a clock that a test gives it,
/// at the start or while it runs. A candle that is forming at the clock's time has a close that is not its last.
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

  public let symbol: String
  /// The time from one candle to the next.
  public let seconds: Int64
  public let clock: ManualClock
  public let stream = TestWebSocketServer()
  let symbols: Mutex<[String: Listing]>
  private let faults: Mutex<[TestHTTPServer.Answer]>
  private let deals = Mutex<[Trade]>([])
  private let server: Mutex<TestHTTPServer?> = Mutex(nil)

  /// Older ones are forgotten.
  private static let keptTrades = 200_000

  public struct Trade: Sendable, Hashable {
    public var number: Int64
    /// Milliseconds since 1970.
    public var time: Int64
    public var price: String
    public var quantity: String

    public init(number: Int64, time: Int64, price: String, quantity: String = "0.01500000") {
      (self.number, self.time, self.price, self.quantity) = (number, time, price, quantity)
    }
  }

  /// - Parameters:
  ///   - candles: of `symbol`, ascending.
  ///   - others: symbols that it has as well.
  ///   - seconds: of each candle.
  ///   - now: the time at the exchange.
  ///   - faults: what is answered every second time, instead of candles, until there is none left.
  ///   - isDated: whether answers say when they were made, as Binance's do.
  public init(
    _ candles: [Candle], of symbol: String = "BTCUSDT", others: [String] = [], seconds: Int64 = 60, now: Timestamp,
    faults: [TestHTTPServer.Answer] = [], isDated: Bool = false
  ) throws {
    symbols = Mutex(
      Dictionary(others.map { ($0, Listing()) }, uniquingKeysWith: { first, _ in first })
        .merging([symbol: Listing(candles: candles)]) { $1 })
    self.symbol = symbol
    self.seconds = seconds
    clock = ManualClock(now)
    self.faults = Mutex(faults)
    let asked = Mutex(0)
    let server = try TestHTTPServer { [weak self] request in
      guard let self else { return .status(503) }
      if request.path == "/api/v3/exchangeInfo" { return information(request) }
      let turn = asked.withLock { count in
        count += 1
        return count
      }
      if turn.isMultiple(of: 2), let fault = self.faults.withLock({ $0.popLast() }) { return fault }
      guard isListed(request["symbol"]) else { return Self.invalidSymbol }
      let isOfTrades = request.path == "/api/v3/aggTrades"
      let answer = "[\((isOfTrades ? trades(request) : rows(request)).joined(separator: ","))]"
      guard isDated else { return .json(answer) }
      let headers = ["Content-Type": "application/json", "Date": clock.now.httpDate]
      return .reply(200, headers, Array(answer.utf8))
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
  public static func message(
    _ candle: Candle, of symbol: String = "BTCUSDT", granularity: String = "1m", isClosed: Bool
  ) -> String {
    let opened = candle.opened * 1_000
    let closes = opened + Int64(Granularity(granularity)?.seconds ?? 60) * 1_000 - 1
    return """
      {"stream":"\(symbol.lowercased())@kline_\(granularity)","data":{"e":"kline","E":\(closes),"s":"\(symbol)",\
      "k":{"t":\(opened),"T":\(closes),"s":"\(symbol)","i":"\(granularity)","f":100,"L":200,"o":"\(candle.open)","c":"\(isClosed ? candle.close : candle.open)",\
      "h":"\(candle.high)","l":"\(candle.low)","v":"\(candle.volume)","n":100,"x":\(isClosed),"q":"1.0","V":"500","Q":"0.5",\
      "B":"0"}}}
      """
  }

  /// Takes a candle in that has closed, and tells those who listen.
  public func publish(_ candle: Candle, of symbol: String, tells: Bool = true) {
    symbols.withLock { $0[symbol, default: Listing()].put(candle) }
    guard tells else { return }
    let granularity = Granularity(seconds: Int(seconds)).text
    let name = "\(symbol.lowercased())@kline_\(granularity)"
    stream.send(
      Self.message(candle, of: symbol, granularity: granularity, isClosed: true),
      hears: { $0.contains("=\(name)") || $0.contains("/\(name)") })
  }

  /// Takes trades in, ascending by number, and tells those who listen.
  public func trade(_ trades: [Trade], tells: Bool = true) {
    deals.withLock { deals in
      deals += trades
      deals.removeFirst(max(0, deals.count - Self.keptTrades))
    }
    guard tells else { return }
    for trade in trades {
      stream.send(
        "{\"stream\":\"\(symbol.lowercased())@aggTrade\",\"data\":\(row(trade, event: "\"e\":\"aggTrade\","))}")
    }
  }

  private func row(_ trade: Trade, event: String = "") -> String {
    let names = event.isEmpty ? "" : "\(event)\"E\":\(trade.time + 1),\"s\":\"\(symbol)\","
    return """
      {\(names)"a":\(trade.number),"p":"\(trade.price)","q":"\(trade.quantity)","f":\(trade.number),"l":\(trade.number),\
      "T":\(trade.time),"m":true,"M":true}
      """
  }

  /// As Binance: from a number on, or of a span of less than an hour, or the latest.
  private func trades(_ request: TestHTTPServer.Request) -> [String] {
    let limit = request["limit"].flatMap { Int($0) } ?? 500
    let all = deals.withLock { $0 }
    if let first = request["fromId"].flatMap({ Int64($0) }) {
      return all.filter { $0.number >= first }.prefix(limit).map { row($0) }
    }
    guard let start = request["startTime"].flatMap({ Int64($0) }) else { return all.suffix(limit).map { row($0) } }
    let end = request["endTime"].flatMap { Int64($0) } ?? .max
    return all.filter { (start...max(start, end)).contains($0.time) }.prefix(limit).map { row($0) }
  }

  private func rows(_ request: TestHTTPServer.Request) -> [String] {
    let start = request["startTime"].flatMap { Int64($0) } ?? 0
    let end = min(request["endTime"].flatMap { Int64($0) } ?? .max, clock.now.microseconds / 1_000)
    let limit = request["limit"].flatMap { Int($0) } ?? 500
    return candles(of: request["symbol"]).filter { (start...max(start, end)).contains($0.opened * 1_000) }.prefix(limit)
      .map { candle in
        let closes = (candle.opened + seconds) * 1_000 - 1
        let close = closes < clock.now.microseconds / 1_000 ? candle.close : candle.open
        return """
          [\(candle.opened * 1_000),"\(candle.open)","\(candle.high)","\(candle.low)","\(close)","\(candle.volume)",\(closes),\
          "2434.19055334",308,"1756.87402397","28.46694368","0"]
          """
      }
  }
}
