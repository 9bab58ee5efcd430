import Competition

/// Binance's public interface: by REST candles and trades of any span, and the present price, order book or funding rate; by
/// WebSocket candles and trades as they come.
///
/// Candles are stored under the granularity they have: what Binance does not offer is refused at the start, and no other
/// one is passed off for it. A candle that Binance says is still forming is marked so, and fetched again. A price that is
/// not above 0 is no price: its row is left out.
struct BinanceProvider: FeedProvider {
  let baseURL: String
  private let futuresURL: String
  private let depthLimit: Int
  let fetch: JSONFetch
  let ticks: Ticks
  let endpoint: StreamEndpoint
  let spot: SymbolList
  let futures: SymbolList
  /// Whether feeds are streamed where Binance does.
  let streams: Bool
  /// Binance ends a connection after 24 h; ours ends before, so that nothing is lost in between.
  var longestConnection: Duration = .seconds(23 * 3_600)

  static let intervals: Set = [
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d",
  ]
  /// The intervals, from the shortest on.
  static let offered = intervals.sorted { (Granularity($0)?.seconds ?? 0) < (Granularity($1)?.seconds ?? 0) }
  static let kinds: [FeedKind] = [.tick, .candle, .depth, .funding]
  /// Candles in one answer when nothing else is asked for.
  static let pageSize = 500

  /// What a tick feed is made of.
  enum Ticks: String, CaseIterable, Sendable {
    /// Every trade, streamed or asked for.
    case trades
    /// The price at each poll, as in the original.
    case ticker
  }

  init(_ options: FeedOptions) throws {
    baseURL = options.url("base_url", default: "https://api.binance.com")
    futuresURL = options.url("futures_url", default: "https://fapi.binance.com")
    depthLimit = Int(min(5_000, try options.number("depth_limit", default: 10, atLeast: 1)))
    fetch = JSONFetch(
      timeout: try options.number("timeout_seconds", default: 8, atLeast: 0.1),
      allowance: RequestAllowance(
        weightPerMinute: Int(min(1_000_000, try options.number("weight_limit", default: 5_400, atLeast: 1)))),
      authorities: options.text("ca_file"))
    // Without the sets of permissions, which are most of the answer and nobody reads.
    spot = Self.symbols(at: "\(baseURL)/api/v3/exchangeInfo", query: [("showPermissionSets", "false")], fetch)
    futures = Self.symbols(at: "\(futuresURL)/fapi/v1/exchangeInfo", fetch)
    endpoint = try StreamEndpoint(
      options.url("stream_url", default: "wss://stream.binance.com:9443"), option: "stream_url",
      authorities: options.text("ca_file"))
    streams = try options.flag("stream", default: true)
    let kind = options.text("ticks") ?? Ticks.trades.rawValue
    guard let ticks = Ticks(rawValue: kind.lowercased()) else {
      throw options.wrong("ticks", kind, Ticks.allCases.map(\.rawValue).joined(separator: " or "))
    }
    self.ticks = ticks
  }

  var clockSkew: Double? { fetch.providerClock?.skew }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    guard key.kind != .candle || Self.intervals.contains(key.granularity) else {
      throw FeedError(
        "FEED_GRANULARITY \(key.granularity) is none of Binance's: \(Self.offered.joined(separator: ", "))",
        isTransient: false)
    }
    guard Self.kinds.contains(key.kind) else {
      throw FeedError(
        "FEED_KIND \(key.kind.rawValue) is not offered by binance; expected one of "
          + Self.kinds.map(\.rawValue).joined(separator: ", "), isTransient: false)
    }
    return stored
  }

  func subjects() async throws -> [FeedSubject] {
    let subjects = Self.subjects(
      in: try await fetch.get("\(baseURL)/api/v3/exchangeInfo"))
    if subjects.isEmpty { throw FeedError("the provider named no subjects") }
    return subjects
  }

  static func subjects(in info: JSON) -> [FeedSubject] {
    (info["symbols"]?.array ?? []).prefix(500).compactMap { item in
      guard let symbol = item["symbol"]?.string?.filter({ !$0.isWhitespace }), !symbol.isEmpty else { return nil }
      return FeedSubject(
        symbol: symbol, kinds: kinds.map(\.rawValue), granularities: intervals.sorted(),
        metadata: [
          "status": item["status"] ?? .null, "quote": item["quoteAsset"] ?? .null, "base": item["baseAsset"] ?? .null,
        ])
    }
  }

  func fetch(_ request: FeedRequest) async throws -> FeedPage {
    let subject = request.key.subject
    func answer(_ url: String, _ query: [(String, String)]) async throws -> JSON {
      try await fetch.get(url, query: query)
    }
    switch request.key.kind {
    case .candle:
      let (rows, clock) = try await fetch.getDated("\(baseURL)/api/v3/klines", query: Self.query(request))
      return Self.candles(rows, request, madeAt: clock?.time)
    case .depth:
      let query = [("symbol", subject), ("limit", String(depthLimit))]
      return Self.depth(
        try await answer("\(baseURL)/api/v3/depth", query), request, limit: depthLimit)
    case .funding:
      return Self.funding(
        try await answer("\(futuresURL)/fapi/v1/premiumIndex", [("symbol", subject)]), request)
    default:
      if ticks == .trades { return try await trades(request) }
      return Self.tick(
        try await answer("\(baseURL)/api/v3/ticker/price", [("symbol", subject)]), request)
    }
  }

  static func query(_ request: FeedRequest) -> [(String, String)] {
    var query = [("symbol", request.key.subject), ("interval", request.key.granularity)]
    if let start = request.start { query.append(("startTime", String(start.seconds * 1_000))) }
    if let end = request.end { query.append(("endTime", String(end.seconds * 1_000))) }
    let limit = request.limit ?? 0
    query.append(("limit", String(limit > 0 ? min(limit, 1_000) : pageSize)))
    return query
  }

  /// A candle counts as closed when it was over for so many seconds at the time of the answer: what has it and what dates it are
  /// not one clock.
  private static let settlingSeconds = 1.0

  /// Rows `[open time ms, open, high, low, close, volume, close time ms, …]`.
  /// - Parameter madeAt: when the answer was made, by the provider's clock: ours may be ahead, and what still forms is not to
  ///   pass for closed. nil: it does not say.
  static func candles(_ answer: JSON, _ request: FeedRequest, madeAt: Timestamp? = nil) -> FeedPage {
    let present = madeAt?.adding(seconds: -settlingSeconds) ?? request.now
    guard let rows = answer.array else { return FeedPage(rejected: ["the answer is no list"]) }
    var page = FeedPage()
    for (index, row) in rows.enumerated() {
      guard let fields = row.array, fields.count >= 6, let opened = fields[0].epochMilliseconds,
        let open = fields[1].price, let high = fields[2].price, let low = fields[3].price,
        let close = fields[4].price,
        let volume = fields[5].amount, volume >= 0
      else {
        page.rejected.append("row \(index) is no candle")
        continue
      }
      var meta = JSONObject()
      if fields.count > 6, let closes = fields[6].epochMilliseconds {
        meta[FeedRecord.closedMetaKey] = .bool(closes < present)
      }
      page.records.append(
        FeedRecord(
          key: request.key, eventTime: Timestamp(seconds: opened.seconds),
          ingestedTime: request.now,
          values: [
            "open": .double(open), "high": .double(high), "low": .double(low), "close": .double(close),
            "volume": .double(volume),
          ], meta: meta))
    }
    page.records.sort { $0.eventTime < $1.eventTime }
    return page
  }

  static func tick(_ answer: JSON, _ request: FeedRequest) -> FeedPage {
    guard let price = answer["price"]?.price else {
      return FeedPage(rejected: ["the answer has no price"])
    }
    return FeedPage(records: [present(["price": .double(price)], request)])
  }

  /// A record of the second in which it was asked for.
  static func present(_ values: JSONObject, _ request: FeedRequest) -> FeedRecord {
    FeedRecord(
      key: request.key, eventTime: Timestamp(seconds: request.now.seconds),
      ingestedTime: request.now, values: values)
  }
}
