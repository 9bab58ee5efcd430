import Hummingbird

/// All routes. Paths without parameters are looked up; of the others the first that fits wins.
struct RouteTable: Sendable {
  /// In the order in which people read them.
  let routes: [Route]
  private var fixed: [String: [Route]] = [:]
  private var patterns: [Route] = []

  init(_ routes: [Route]) {
    self.routes = routes
    for route in routes {
      if route.pathParameters.isEmpty { fixed[route.path, default: []].append(route) } else { patterns.append(route) }
    }
  }

  enum Match {
    case route(Route, parameters: [String: String])
    /// The path is there, for these methods.
    case otherMethods([HTTPRequest.Method])
    case none
  }

  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    if let routes = fixed[path] {
      guard let route = routes.first(where: { $0.method == method }) else { return .otherMethods(routes.map(\.method)) }
      return .route(route, parameters: [:])
    }
    let pieces = Route.split(path)
    var methods: [HTTPRequest.Method] = []
    for route in patterns {
      guard let parameters = route.match(pieces) else { continue }
      if route.method == method { return .route(route, parameters: parameters) }
      methods.append(route.method)
    }
    return methods.isEmpty ? .none : .otherMethods(methods)
  }

  /// Whether any method has this path.
  func knows(_ path: String) -> Bool {
    if case .none = match(.get, path) { false } else { true }
  }
}
