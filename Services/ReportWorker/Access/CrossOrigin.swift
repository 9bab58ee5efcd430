import Hummingbird

/// Which pages of other sites may read answers: all by default, without credentials, or those of a list (decision 25).
struct CrossOrigin: Sendable {
  /// Nil: any.
  private let origins: Set<String>?

  /// - Parameter origins: as browsers send them, `https://dashboard.example`; `*` for any.
  init(_ origins: [String]) { self.origins = origins.contains("*") ? nil : Set(origins.map { $0.lowercased() }) }

  /// The answer to a browser's question before a request; nil when this is none.
  func preflight(_ request: HTTPRequest) -> Response? {
    let fields = request.headerFields
    guard request.method == .options, let origin = fields[.origin], fields[.accessControlRequestMethod] != nil
    else { return nil }
    guard allows(origin) else {
      return Delivery(request: fields, freshness: .momentary, isPrivate: false)
        .response(APIError(.badRequest, "Disallowed CORS origin").answer)
    }
    var headers: HTTPFields = [
      .accessControlAllowMethods: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT", .accessControlMaxAge: "600",
    ]
    if let asked = fields[.accessControlRequestHeaders] { headers[.accessControlAllowHeaders] = asked }
    allow(origin, &headers)
    return Response(status: .ok, headers: headers)
  }

  /// Sets what lets a page of `origin` read an answer.
  func allow(_ origin: String?, _ headers: inout HTTPFields) {
    guard let origin else { return }
    if origins == nil {
      headers[.accessControlAllowOrigin] = "*"
    } else if allows(origin) {
      headers[.accessControlAllowOrigin] = origin
      headers[.vary] = headers[.vary].map { $0 + ", Origin" } ?? "Origin"
    }
    headers[.accessControlExposeHeaders] = "Link, ETag, Retry-After"
  }

  private func allows(_ origin: String) -> Bool { origins?.contains(origin.lowercased()) ?? true }
}
