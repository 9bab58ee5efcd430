import Competition
import Synchronization

/// Pyth's Hermes service: the latest price, as a tick, or as a candle that grows with every poll and is closed by the first
/// price of the next one. It has no past: a gap stays one, and after a restart the candle begins anew.
final class PythProvider: FeedProvider {
  private let forming = Mutex<[FeedKey: FormingCandle]>([:])
  private let baseURL: String
  private let fetch: JSONFetch
  /// By upper-case symbol: known ones, those of settings, and what Hermes' list has told.
  private let feedIDs: Mutex<[String: String]>
  private let quality: PriceQuality

  private static let knownIDs = [
    "BTC": "0xe62df6c8b4a85fe1cc8b337a5f8854d9c1f5f59e4cb4ce8b063a492f6ed5b5b6",
    "ETH": "0xff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
  ]

  init(_ options: FeedOptions) throws {
    baseURL = options.url("hermes_url", "base_url", default: "https://hermes.pyth.network")
    fetch = JSONFetch(timeout: try options.number("timeout_seconds", default: 8, atLeast: 0.1))
    var ids = Self.knownIDs
    for (name, value) in options.values where name.hasPrefix("feed_id_") && !value.isEmpty {
      ids[name.dropFirst("feed_id_".count).uppercased()] = value
    }
    feedIDs = Mutex(ids)
    quality = try PriceQuality(options)
  }

  func feedID(of subject: String) -> String? { feedIDs.withLock { $0[subject.uppercased()] } }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) async throws -> JSONObject {
    if feedID(of: key.subject) == nil { try await lookUp(key.subject) }
    guard key.kind == .tick || key.kind == .candle else {
      throw FeedError(
        "FEED_KIND \(key.kind.rawValue) is not offered by pyth; expected tick or candle",
        isTransient: false)
    }
    return stored
  }

  /// Asks Hermes for the id of a symbol's price in US dollars, and keeps it.
  private func lookUp(_ subject: String) async throws {
    let symbol = subject.uppercased()
    let answer = try await fetch.get("\(baseURL)/v2/price_feeds", query: [("query", symbol)], lane: "subjects")
    let found = (answer.array ?? []).first { feed in
      feed["attributes"]?["base"]?.string?.uppercased() == symbol
        && feed["attributes"]?["quote_currency"]?.string?.uppercased() == "USD"
    }
    guard let id = found?["id"]?.string, !id.isEmpty else {
      throw FeedError(
        "FEED_SUBJECTS has \(subject), which Pyth's list of prices in US dollars has not; set FEED_OPT_FEED_ID_\(symbol)",
        isTransient: false)
    }
    feedIDs.withLock { $0[symbol] = id }
  }

  func subjects() async throws -> [FeedSubject] {
    let feeds = try await fetch.get("\(baseURL)/v2/price_feeds", lane: "subjects").array ?? []
    return feeds.compactMap { feed in
      guard let name = feed["attributes"]?["symbol"]?.string, let id = feed["id"]?.string else { return nil }
      let symbol = name.split(separator: "/").first.map { $0.uppercased() } ?? name.uppercased()
      return FeedSubject(
        symbol: symbol, kinds: ["tick", "candle"], granularities: ["1s", "1m", "5m"], metadata: ["feed_id": .string(id)]
      )
    }
  }

  func fetch(_ request: FeedRequest) async throws -> FeedPage {
    guard let id = feedID(of: request.key.subject) else { return FeedPage() }
    let answer = try await fetch.get(
      "\(baseURL)/v2/updates/price/latest", query: [("ids[]", id), ("parsed", "true")],
      lane: request.key.subject)
    guard let parsed = answer["parsed"] else { throw FeedError("the answer has no prices") }
    var page = Self.records(parsed, id: id, request, quality)
    if request.key.kind == .candle {
      page.records = forming.withLock { known in
        page.records.flatMap { known[request.key, default: FormingCandle()].take($0) }
      }
    }
    return page
  }

  /// The updates of one feed in Hermes' `parsed`, each as a tick or as a flat candle of its bucket.
  static func records(
    _ parsed: JSON, id: String, _ request: FeedRequest, _ quality: PriceQuality = PriceQuality()
  ) -> FeedPage {
    var page = FeedPage()
    for item in parsed.array ?? [] {
      guard let found = item["id"]?.string, bare(found) == bare(id) else { continue }
      guard let price = item["price"]?["price"]?.price, let exponent = item["price"]?["expo"]?.wholeNumber,
        (-30...30).contains(exponent)
      else {
        page.rejected.append("an update without price or exponent")
        continue
      }
      let published = item["price"]?["publish_time"]?.epochSeconds ?? request.end ?? request.now
      let value = price * power(of: exponent)
      guard value.isFinite, value > 0 else {
        page.rejected.append("a price that is no number above 0")
        continue
      }
      if let start = request.start, published < start.floored(toSeconds: 1) { continue }
      if let end = request.end, published > end { continue }
      let confidence = item["price"]?["conf"]?.amount.map { $0 * power(of: exponent) }
      let meta = quality.meta(price: value, confidence: confidence, published: published, now: request.now)
      if let reason = quality.refusal(of: meta) {
        page.rejected.append(reason)
        continue
      }
      let isCandle = request.key.kind == .candle
      let time = isCandle ? published.floored(toSeconds: bucketSeconds(request.key.granularity)) : published
      let flat: JSONObject = [
        "open": .double(value), "high": .double(value), "low": .double(value), "close": .double(value), "volume": 0.0,
      ]
      page.records.append(
        FeedRecord(
          key: request.key, eventTime: time, ingestedTime: request.now,
          values: isCandle ? flat : ["price": .double(value)], meta: meta))
    }
    return page
  }

  /// Ids come with `0x` in settings and without it in answers.
  private static func bare(_ id: String) -> String {
    let lower = id.lowercased()
    return lower.hasPrefix("0x") ? String(lower.dropFirst(2)) : lower
  }

  private static func power(of exponent: Int64) -> Double { Double("1e\(exponent)") ?? 0 }

  static func bucketSeconds(_ granularity: String) -> Int { Granularity(granularity)?.seconds ?? 60 }
}
