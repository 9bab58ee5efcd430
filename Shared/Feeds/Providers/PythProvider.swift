import Competition
import Synchronization

/// Pyth's Hermes service: prices as they are published, by its stream of events or by asking for the latest, as ticks, or as a
/// candle that grows with every price and is closed by the first of the next one. The past is asked for price by price, which
/// is slow: Hermes allows 30 questions in ten seconds.
final class PythProvider: FeedProvider {
  let forming = Mutex<[FeedKey: FormingCandle]>([:])
  let baseURL: String
  let fetch: JSONFetch
  /// Sent with each request.
  let headers: [String: String]
  /// A PEM file with certificates to trust instead of the system's.
  let authorities: String?
  /// Whether feeds are streamed.
  let streams: Bool
  /// By upper-case symbol: known ones, those of settings, and what Hermes' list has told.
  private let feedIDs: Mutex<[String: String]>
  let quality: PriceQuality

  /// Seconds to wait for Hermes' limit of requests.
  static let patience = 20.0
  private static let knownIDs = [
    "BTC": "0xe62df6c8b4a85fe1cc8b337a5f8854d9c1f5f59e4cb4ce8b063a492f6ed5b5b6",
    "ETH": "0xff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
  ]

  init(_ options: FeedOptions) throws {
    baseURL = options.url("hermes_url", "base_url", default: "https://hermes.pyth.network")
    headers = options.text("api_key").map { ["Authorization": "Bearer \($0)"] } ?? [:]
    authorities = options.text("ca_file")
    streams = try options.flag("stream", default: true)
    let rate = Int(min(1_000_000, try options.number("rate_limit", default: 30, atLeast: 1)))
    fetch = JSONFetch(
      timeout: try options.number("timeout_seconds", default: 8, atLeast: 0.1),
      allowance: RequestAllowance(rate: .init(requests: rate, seconds: 10)), headers: headers, authorities: authorities)
    var ids = Self.knownIDs
    for (name, value) in options.values where name.hasPrefix("feed_id_") && !value.isEmpty {
      ids[name.dropFirst("feed_id_".count).uppercased()] = value
    }
    feedIDs = Mutex(ids)
    quality = try PriceQuality(options)
  }

  var clockSkew: Double? { fetch.providerClock?.skew }

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
  func lookUp(_ subject: String) async throws {
    let symbol = subject.uppercased()
    let answer = try await fetch.get(
      "\(baseURL)/v2/price_feeds", query: [("query", symbol)], patience: Self.patience)
    let found = Self.feeds(named: symbol, in: answer)
    guard found.count < 2 else {
      let names = found.map { "\($0.symbol) (\($0.id))" }.joined(separator: ", ")
      throw FeedError(
        "FEED_SUBJECTS has \(subject), which may be any of Pyth's \(names); name one of these symbols, or set "
          + "FEED_OPT_FEED_ID_\(symbol) to its id", isTransient: false)
    }
    guard let id = found.first?.id else {
      throw FeedError(
        "FEED_SUBJECTS has \(subject), which Pyth's list of prices in US dollars has not; set FEED_OPT_FEED_ID_\(symbol)",
        isTransient: false)
    }
    feedIDs.withLock { $0[symbol] = id }
  }

  /// The prices in US dollars that a symbol may mean, by id: the one that is called so, as in `Crypto.BTC/USD`, else those whose
  /// name ends in it, as in `BTC`, else those of something that is called so.
  static func feeds(named symbol: String, in list: JSON) -> [(symbol: String, id: String)] {
    let feeds = (list.array ?? []).compactMap { feed -> (symbol: String, base: String, id: String)? in
      guard let id = feed["id"]?.string, !id.isEmpty, let attributes = feed["attributes"],
        attributes["quote_currency"]?.string?.uppercased() == "USD"
      else { return nil }
      return (attributes["symbol"]?.string ?? "", attributes["base"]?.string?.uppercased() ?? "", id)
    }
    let tiers: [(_ name: String, _ base: String) -> Bool] = [
      { name, _ in name == symbol }, { name, _ in ".\(name)".hasSuffix(".\(symbol)/USD") },
      { _, base in base == symbol },
    ]
    for fits in tiers {
      let found = feeds.filter { fits($0.symbol.uppercased(), $0.base) }
      if !found.isEmpty {
        return Dictionary(found.map { ($0.id, $0.symbol) }) { first, _ in first }.map { ($0.value, $0.key) }.sorted {
          $0.0 < $1.0
        }
      }
    }
    return []
  }

  func subjects() async throws -> [FeedSubject] {
    let feeds = try await fetch.get("\(baseURL)/v2/price_feeds").array ?? []
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
    if let start = request.start, request.now.seconds(since: start) > Self.gapSeconds(of: request) {
      return try await history(from: start, id: id, request)
    }
    let updates = try await latest(id: id, request)
    return page(updates, request.key)
  }

  /// The price of now, whatever span is asked for.
  func latest(id: String, _ request: FeedRequest) async throws -> Updates {
    let answer = try await fetch.get(
      "\(baseURL)/v2/updates/price/latest", query: [("ids[]", id), ("parsed", "true")],
      patience: Self.patience)
    guard let parsed = answer["parsed"] else { throw FeedError("the answer has no prices") }
    return Self.updates(parsed, id: id, request, quality)
  }

  func page(_ updates: Updates, _ key: FeedKey) -> FeedPage {
    var page = FeedPage(records: updates.taken.flatMap { grown($0, key) }, rejected: updates.rejected)
    page.refused = updates.refused
    return page
  }

  /// What an update adds to a feed: a tick, or the candle that it closes and the one that it lets grow.
  func grown(_ update: Update, _ key: FeedKey) -> [FeedRecord] {
    guard key.kind == .candle else { return [update.record] }
    return forming.withLock { $0[key, default: FormingCandle()].take(update.record, published: update.published) }
  }
}
