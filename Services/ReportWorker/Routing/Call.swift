import Competition
import Hummingbird
import NIOCore

/// A request on its way: what was sent, who sent it, and the route that answers it.
struct Call: Sendable {
  /// The address before and behind its question mark, as it was sent.
  let target: [Substring]
  let caller: Caller
  let match: RouteTable.Match
  /// Whether the route is a page.
  let isPage: Bool
  /// Whether it is answered with a page also when something goes wrong.
  let isForPerson: Bool
  var asked: APIRequest

  init(
    _ request: Request, routes: RouteTable, pages: RouteTable, peer: SocketAddress?, proxies: TrustedProxies,
    time: Timestamp
  ) {
    target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(target[0]).percentDecoded()
    caller = Caller(request.head, peer: peer, proxies: proxies)
    asked = APIRequest(path: path, query: target.count > 1 ? QueryItem.parse(target[1]) : [], time: time)
    let isFromBrowser = request.headers[.accept]?.contains("text/html") ?? false
    switch routes.match(request.method, path) {
    case .none:
      match = pages.match(request.method, path)
      if case .none = match { isPage = false } else { isPage = true }
      isForPerson = isPage || isFromBrowser
    case let found:
      match = found
      isPage = false
      isForPerson = false
    }
    if case .route(_, let parameters) = match { asked.parameters = parameters }
  }

  /// Whether it has a route, and that one changes something.
  var isChange: Bool { if case .route(let route, _) = match { route.method != .get } else { false } }

  /// The path whose tier decides. Decoded, so that no spelling of a path gets around its prefix.
  var guardedPath: String {
    guard case .route(let route, _) = match, let guarded = route.guardedAs else { return asked.path }
    return guarded
  }

  /// For the log: without the query, and no line of its own.
  var loggedPath: String {
    String(target[0].prefix(200).unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F })
  }
}
