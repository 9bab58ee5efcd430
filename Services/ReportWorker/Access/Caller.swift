import HTTPTypes
import Hummingbird
import NIOCore

/// Who sends a request, as far as access depends on it.
struct Caller: Sendable {
  var isLoopback: Bool
  /// The address at the other end of the connection, or the one that a trusted proxy asks for.
  var address = ""
  /// `Host`, with its port.
  var host: String?
  var origin: String?
  /// Whether a proxy says that it passes this on.
  var isForwarded: Bool
  /// The credential: `X-API-Key`, else `Authorization: Bearer`. Nothing in the address counts: it would end in logs.
  var key: String?
  /// What a browser keeps of a login.
  var session: String?
  /// Whether a page of this server sends it, as browsers say.
  var isSameOrigin: Bool
  var isSecure: Bool

  init(_ head: HTTPRequest, peer: SocketAddress?, proxies: TrustedProxies = TrustedProxies()) {
    let fields = head.headerFields
    isLoopback = peer.map(Self.isLoopback) ?? false
    address = proxies.client(of: peer?.ipAddress ?? "", forwardedFor: fields.all(named: "x-forwarded-for"))
    host = head.authority
    origin = fields[.origin]
    isForwarded = fields.contains { field in
      let name = field.name.canonicalName
      return name == "forwarded" || name.hasPrefix("x-forwarded-")
    }
    key = Self.key(fields)
    session = Self.session(fields)
    isSecure = fields.first(named: "x-forwarded-proto")?.lowercased() == "https"
    isSameOrigin = Self.isSameOrigin(fields, host: head.authority)
  }

  private static func session(_ fields: HTTPFields) -> String? {
    for pair in (fields[.cookie] ?? "").split(separator: ";") {
      let parts = pair.trimmed.split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0] == Sessions.cookie { return String(parts[1]) }
    }
    return nil
  }

  /// Every browser names the page's origin with what a form sends, whatever site the page is of.
  private static func isSameOrigin(_ fields: HTTPFields, host: String?) -> Bool {
    guard let origin = fields[.origin]?.lowercased(), let host = host?.lowercased() else { return false }
    return origin == "http://\(host)" || origin == "https://\(host)"
  }

  private static func key(_ fields: HTTPFields) -> String? {
    if let key = fields.first(named: "x-api-key"), !key.isEmpty { return key }
    guard let authorization = fields[.authorization] else { return nil }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].trimmed)
  }

  private static func isLoopback(_ address: SocketAddress) -> Bool {
    switch address {
    case .unixDomainSocket: true
    default: LoopbackName.contains(address.ipAddress ?? "")
    }
  }

  /// Whether the request was made for this machine by its own name, and by no page of another site.
  var isLocal: Bool {
    guard isLoopback, !isForwarded, let host, LoopbackName.contains(LoopbackName.withoutPort(host)) else {
      return false
    }
    guard let origin else { return true }
    return origin.lowercased() == "http://\(host.lowercased())"
  }
}

/// Names and addresses of the own machine.
enum LoopbackName {
  static func contains(_ host: String) -> Bool {
    let name = host.lowercased()
    if name == "localhost" || name == "::1" || name == "[::1]" { return true }
    let address = name.hasPrefix("::ffff:") ? name.dropFirst("::ffff:".count) : Substring(name)
    let parts = address.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  static func withoutPort(_ host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
    return String(host.prefix { $0 != ":" })
  }
}
