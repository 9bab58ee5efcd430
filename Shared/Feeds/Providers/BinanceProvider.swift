import Competition

/// Binance's public REST interface: candles of any span, and the latest price as a tick.
///
/// Candles are stored under the granularity they have: what Binance does not offer is refused at the start, and no other
/// one is passed off for it. A candle that Binance says is still forming is marked so, and fetched again.
struct BinanceProvider: FeedProvider {
  private let baseURL: String
  private let fetch: JSONFetch

  static let intervals: Set = [
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d",
  ]
  /// Candles in one answer at most.
  static let pageSize = 500

  init(_ options: FeedOptions) throws {
    baseURL = options.url("base_url", default: "https://api.binance.com")
    fetch = JSONFetch(timeout: try options.number("timeout_seconds", default: 8, atLeast: 0.1))
  }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    guard key.kind != .candle || Self.intervals.contains(key.granularity) else {
      throw FeedError(
        "FEED_GRANULARITY \(key.granularity) is none of Binance's: \(Self.intervals.sorted().joined(separator: ", "))",
        isTransient: false)
    }
    guard key.kind == .candle || key.kind == .tick else {
      throw FeedError("FEED_KIND \(key.kind.rawValue) is not offered by binance; expected candle or tick", isTransient: false)
    }
    return stored
  }

  func subjects() async throws -> [FeedSubject] {
    Self.subjects(in: try await fetch.get("\(baseURL)/api/v3/exchangeInfo"))
  }

  static func subjects(in info: JSON) -> [FeedSubject] {
    (info["symbols"]?.array ?? []).prefix(500).compactMap { item in
      guard let symbol = item["symbol"]?.string?.filter({ !$0.isWhitespace }), !symbol.isEmpty else { return nil }
      return FeedSubject(
        symbol: symbol, kinds: ["tick", "candle"], granularities: intervals.sorted(),
        metadata: [
          "status": item["status"] ?? .null, "quote": item["quoteAsset"] ?? .null, "base": item["baseAsset"] ?? .null,
        ])
    }
  }

  func fetch(_ request: FeedRequest) async throws -> FeedPage {
    if request.key.kind == .tick {
      let answer = try await fetch.get("\(baseURL)/api/v3/ticker/price", query: [("symbol", request.key.subject)])
      return Self.tick(answer, request)
    }
    let answer = try await fetch.get("\(baseURL)/api/v3/klines", query: Self.query(request))
    return Self.candles(answer, request)
  }

  static func query(_ request: FeedRequest) -> [(String, String)] {
    var query = [("symbol", request.key.subject), ("interval", request.key.granularity)]
    if let start = request.start { query.append(("startTime", String(start.seconds * 1_000))) }
    if let end = request.end { query.append(("endTime", String(end.seconds * 1_000))) }
    let limit = request.limit ?? 0
    query.append(("limit", String(limit > 0 ? min(limit, 1_000) : pageSize)))
    return query
  }

  /// Rows `[open time ms, open, high, low, close, volume, close time ms, …]`.
  static func candles(_ answer: JSON, _ request: FeedRequest) -> FeedPage {
    guard let rows = answer.array else { return FeedPage(rejected: ["the answer is no list"]) }
    var page = FeedPage()
    for (index, row) in rows.enumerated() {
      guard let fields = row.array, fields.count >= 6, let opened = fields[0].int, let open = fields[1].price,
        let high = fields[2].price, let low = fields[3].price, let close = fields[4].price, let volume = fields[5].price
      else {
        page.rejected.append("row \(index) is no candle")
        continue
      }
      var meta = JSONObject()
      if fields.count > 6, let closes = fields[6].int {
        meta[FeedRecord.closedMetaKey] = .bool(closes * 1_000 < request.now.microseconds)
      }
      page.records.append(
        FeedRecord(
          key: request.key, eventTime: Timestamp(seconds: opened / 1_000), ingestedTime: request.now,
          values: [
            "open": .double(open), "high": .double(high), "low": .double(low), "close": .double(close),
            "volume": .double(volume),
          ], meta: meta))
    }
    page.records.sort { $0.eventTime < $1.eventTime }
    return page
  }

  static func tick(_ answer: JSON, _ request: FeedRequest) -> FeedPage {
    guard let price = answer["price"]?.price else { return FeedPage(rejected: ["the answer has no price"]) }
    return FeedPage(records: [
      FeedRecord(
        key: request.key, eventTime: Timestamp(seconds: request.now.seconds), ingestedTime: request.now,
        values: ["price": .double(price)])
    ])
  }
}
