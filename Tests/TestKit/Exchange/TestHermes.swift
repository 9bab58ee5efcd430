import Competition
import Synchronization

/// Pyth's Hermes, as far as it is used here: the latest prices, the first at or after a second, the list of feeds, and the stream
/// of events; over TLS, with prices of one feed and a clock that a test gives it.
public final class TestHermes: Sendable {
  /// That of BTC/USD.
  public static let feedID = "e62df6c8b4a85fe1cc8b337a5f8854d9c1f5f59e4cb4ce8b063a492f6ed5b5b6"

  private struct State {
    /// By second, in units of 1e-8, as Hermes spells it.
    var prices: [Int64: Int64] = [:]
    var faults: [TestHTTPServer.Answer]
    var asked = 0
  }

  public let clock: ManualClock
  public let events = TestEventStream()
  private let key: String?
  private let authority: TestAuthority
  private let state: Mutex<State>
  private let servers = Mutex<(http: TestHTTPServer, tls: TestTLSFront)?>(nil)

  /// - Parameters:
  ///   - key: what a client has to show; nil: nothing.
  ///   - faults: what is answered every second time, instead of prices, until there is none left.
  public init(
    _ authority: TestAuthority, now: Timestamp, key: String? = nil, faults: [TestHTTPServer.Answer] = []
  ) async throws {
    clock = ManualClock(now)
    self.authority = authority
    self.key = key
    state = Mutex(State(faults: faults))
    let http = try TestHTTPServer { [weak self] request in self?.answer(request) ?? .status(503) }
    let tls = try await TestTLSFront(of: http.port, authority)
    servers.withLock { $0 = (http, tls) }
  }

  public var requests: [TestHTTPServer.Request] { servers.withLock { $0?.http.requests ?? [] } }

  /// Options of the provider `pyth`.
  public var options: [String: String] {
    [
      "hermes_url": "https://localhost:\(servers.withLock { $0?.tls.port ?? 0 })", "ca_file": authority.authority,
      "timeout_seconds": "5", "rate_limit": "1000000",
    ]
  }

  public func stop() async throws {
    events.cut()
    let running = servers.withLock { $0 }
    running?.http.stop()
    try await running?.tls.stop()
  }

  /// Publishes a price, in units of 1e-8, at a second, which is the time from then on.
  /// - Parameter tells: whether those who listen hear of it.
  public func publish(_ price: Int64, at second: Int64, tells: Bool = true) {
    state.withLock { $0.prices[second] = price }
    clock.now = max(clock.now, Timestamp(seconds: second))
    if tells { events.send(Self.event(price, at: second)) }
  }

  /// An event of the stream that tells of a price.
  public static func event(_ price: Int64, at second: Int64) -> String { "data:\(update(price, at: second))\n\n" }

  private static func update(_ price: Int64, at second: Int64) -> String {
    """
    {"binary":{"encoding":"hex","data":["504e41550100000003b801000000040d00a3ca"]},"parsed":[{"id":"\(feedID)",\
    "price":{"price":"\(price)","conf":"3134985442","expo":-8,"publish_time":\(second)},\
    "ema_price":{"price":"\(price)","conf":"2891273000","expo":-8,"publish_time":\(second)},\
    "metadata":{"slot":\(second * 2),"proof_available_time":\(second + 1),"prev_publish_time":\(second - 1)}}]}
    """
  }

  private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Answer {
    if let key, request.headers["authorization"] != "Bearer \(key)" { return .status(401) }
    let path = request.path
    if path == "/v2/price_feeds" { return .json(Self.feeds) }
    guard let id = request["ids[]"], id.hasSuffix(Self.feedID) else {
      return .reply(404, [:], Array("Price ids not found: \(request["ids[]"] ?? "")".utf8))
    }
    if path == "/v2/updates/price/stream" { return .events(events) }
    if let fault = fault() { return fault }
    let now = clock.now.seconds
    let prices = state.withLock { $0.prices.filter { $0.key <= now } }
    let found: (key: Int64, value: Int64)? =
      if path == "/v2/updates/price/latest" {
        prices.max { $0.key < $1.key }
      } else if let second = path.split(separator: "/").last.flatMap({ Int64($0) }) {
        prices.filter { $0.key >= second }.min { $0.key < $1.key }
      } else { nil }
    guard let found else { return .reply(404, [:], Array("Update data not found".utf8)) }
    return .json(Self.update(found.value, at: found.key))
  }

  private func fault() -> TestHTTPServer.Answer? {
    state.withLock { state in
      state.asked += 1
      return state.asked.isMultiple(of: 2) ? state.faults.popLast() : nil
    }
  }

  private static let feeds = """
    [{"id":"\(feedID)","attributes":{"asset_type":"Crypto","base":"BTC","description":"BITCOIN / US DOLLAR",\
    "display_symbol":"BTC/USD","generic_symbol":"BTCUSD","quote_currency":"USD","schedule":"America/New_York;O,O,O,O,O,O,O;",\
    "symbol":"Crypto.BTC/USD"}}]
    """
}
