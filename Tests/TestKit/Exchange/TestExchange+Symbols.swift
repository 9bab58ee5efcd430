import Competition

/// What the exchange says of its symbols.
extension TestExchange {
  /// A symbol that is traded, or was.
  struct Listing: Sendable {
    var status = "TRADING"
    /// Ascending.
    var candles: [Candle] = []

    /// One that comes again takes the place of the earlier one.
    mutating func put(_ candle: Candle) {
      let place = candles.lastIndex { $0.opened <= candle.opened }
      if let place, candles[place].opened == candle.opened {
        candles[place] = candle
      } else {
        candles.insert(candle, at: place.map { $0 + 1 } ?? 0)
      }
    }
  }

  /// As Binance answers a symbol that it does not have.
  static let invalidSymbol = TestHTTPServer.Answer.reply(
    400, ["Content-Type": "application/json"], Array(#"{"code":-1121,"msg":"Invalid symbol."}"#.utf8))

  /// - Parameter status: as `TRADING`, `HALT` or `BREAK`.
  public func list(_ symbol: String, status: String) {
    symbols.withLock { $0[symbol, default: Listing()].status = status }
  }

  func isListed(_ symbol: String?) -> Bool { symbol.map { name in symbols.withLock { $0[name] != nil } } ?? false }

  func candles(of symbol: String?) -> [Candle] {
    symbol.flatMap { name in symbols.withLock { $0[name]?.candles } } ?? []
  }

  /// Of one symbol, of some, or of all.
  func information(_ request: TestHTTPServer.Request) -> TestHTTPServer.Answer {
    let all = symbols.withLock { $0.mapValues(\.status) }
    let some = request["symbols"].map { $0.split { "[\",]".contains($0) }.map(String.init) }
    let names = request["symbol"].map { [$0] } ?? some ?? all.keys.sorted()
    guard names.allSatisfy({ all[$0] != nil }) else { return Self.invalidSymbol }
    let rows = names.map { name in
      #"{"symbol":"\#(name)","status":"\#(all[name] ?? "")","baseAsset":"\#(name.dropLast(4))","quoteAsset":"\#(name.suffix(4))"}"#
    }
    return .json(
      #"{"timezone":"UTC","serverTime":\#(clock.now.microseconds / 1_000),"symbols":[\#(rows.joined(separator: ","))]}"#
    )
  }
}

extension Timestamp {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// As the header `Date` has it: `Fri, 27 Nov 2026 18:54:47 GMT`.
  var httpDate: String {
    let text = Timestamp(seconds: seconds).iso8601(.z)
    let parts = text.split { "-T.Z".contains($0) }
    let month = Int(parts[1]).map { Self.months[$0 - 1] } ?? ""
    return "\(Self.days[Int(seconds / 86_400 % 7)]), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
  }
}
