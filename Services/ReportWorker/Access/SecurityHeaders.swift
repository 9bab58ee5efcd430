import HTTPTypes

/// What keeps browsers from making more of an answer than it is.
enum SecurityHeaders {
  private static let always: [(HTTPField.Name?, String)] = [
    (HTTPField.Name("X-Content-Type-Options"), "nosniff"), (HTTPField.Name("X-Frame-Options"), "DENY"),
    (HTTPField.Name("Referrer-Policy"), "no-referrer"),
  ]
  private static let nothing = "default-src 'none'; frame-ancestors 'none'"

  /// A page that needs more than nothing has said so already.
  static func add(to headers: inout HTTPFields) {
    for (name, value) in always { if let name, headers[name] == nil { headers[name] = value } }
    if headers[.contentSecurityPolicy] == nil { headers[.contentSecurityPolicy] = nothing }
  }
}
