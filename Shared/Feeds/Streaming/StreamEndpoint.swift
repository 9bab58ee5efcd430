import Foundation
import NIOSSL
import WebSockets

/// Where a provider's WebSocket is: a `ws` or `wss` URL, and whom to trust.
struct StreamEndpoint: Sendable {
  let host: String
  let port: Int
  /// What stands before the path of a stream.
  let prefix: String
  private let tls: NIOSSLContext?

  /// - Parameter authorities: a PEM file with certificates to trust instead of the system's.
  /// - Throws: `FeedError` that names the option which is wrong.
  init(_ url: String, option: String, authorities: String?) throws {
    guard let parts = URLComponents(string: url), let host = parts.host, let scheme = parts.scheme,
      ["ws", "wss"].contains(scheme)
    else {
      throw FeedError(
        "FEED_OPT_\(option.uppercased()) is \"\(url)\"; expected a ws:// or wss:// URL", isTransient: false)
    }
    self.host = host
    port = parts.port ?? (scheme == "wss" ? 443 : 80)
    prefix = parts.path
    guard scheme == "wss" else {
      tls = nil
      return
    }
    do {
      var configuration = TLSConfiguration.makeClientConfiguration()
      if let authorities { configuration.trustRoots = .file(authorities) }
      tls = try NIOSSLContext(configuration: configuration)
    } catch {
      let trusted = authorities.map { "FEED_OPT_CA_FILE is \"\($0)\", which" } ?? "The system's list of certificates"
      throw FeedError("\(trusted) cannot be used: \(error)", isTransient: false)
    }
  }

  /// - Parameter path: with the query, after the prefix.
  func connect(_ path: String) async throws -> WebSocketLink {
    try await WebSocketLink.connect(host: host, port: port, path: prefix + path, tls: tls)
  }
}
