import Competition

/// Whether Binance has a symbol, and trades it: looked at before a feed begins.
extension BinanceProvider {
  func check(_ key: FeedKey, now: Timestamp) async throws {
    let isFuture = key.kind == .funding
    guard let statuses = try await (isFuture ? futures : spot).statuses(now: now) else { return }
    let symbol = key.subject
    var status = statuses[symbol]
    if status == nil, !isFuture { status = try await unlisted(symbol) }
    guard let status else {
      let meant = Self.meant(by: symbol, among: statuses).map { "; did you mean \($0)?" } ?? ""
      throw FeedError(
        "Binance does not have \(symbol)\(isFuture ? " as a future" : "")\(meant)",
        isTransient: false)
    }
    guard status == "TRADING" else { throw FeedError("Binance does not trade \(symbol) now: its status is \(status)") }
  }

  /// The status of a symbol that the list of all has not: some are for some accounts only.
  private func unlisted(_ symbol: String) async throws -> String? {
    let answer = try await fetch.getIfThere(
      "\(baseURL)/api/v3/exchangeInfo", query: [("symbol", symbol)], absent: [400, 404])
    return answer.flatMap { Self.statuses(in: $0)[symbol] }
  }

  /// The symbol that may be meant: in other letters, of an asset alone that in dollars, else the closest one.
  static func meant(by symbol: String, among statuses: [String: String]) -> String? {
    let upper = symbol.uppercased().filter { $0.isLetter || $0.isNumber }
    return [upper, upper + "USDT"].first { statuses[$0] != nil } ?? NearestName.of(upper, among: Array(statuses.keys))
  }

  /// `{symbols: [{symbol, status}]}`.
  static func statuses(in information: JSON) -> [String: String] {
    let symbols = (information["symbols"]?.array ?? []).compactMap { item in
      item["symbol"]?.string.map { ($0, item["status"]?.string ?? "TRADING") }
    }
    return Dictionary(symbols, uniquingKeysWith: { first, _ in first })
  }

  /// The symbols that an address of Binance's tells of, which are thousands. One that is not there, as behind a proxy that has
  /// prices only, tells of none.
  static func symbols(at url: String, query: [(String, String)] = [], _ fetch: JSONFetch) -> SymbolList {
    SymbolList {
      var answer = try await fetch.getIfThere(url, query: query, absent: [400, 404])
      // Not all of Binance's kin know the same parameters.
      if answer == nil, !query.isEmpty { answer = try await fetch.getIfThere(url) }
      guard let answer else { return nil }
      let statuses = Self.statuses(in: answer)
      if statuses.isEmpty { throw FeedError("the provider named no symbols") }
      return statuses
    }
  }
}
