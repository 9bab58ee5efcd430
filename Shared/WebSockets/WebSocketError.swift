import NIOCore

/// Why there is no WebSocket, or none any more.
public enum WebSocketError: Error, Sendable, CustomStringConvertible {
  case notAWebSocket
  case silent
  /// The server accepted a connection, and was not ready to speak WebSocket in time.
  case slow(TimeAmount)

  public var description: String {
    switch self {
    case .notAWebSocket: "the server does not speak WebSocket on this path"
    case .silent: "the server was silent, and answered no ping"
    case .slow(let patience):
      "the server was not ready to speak WebSocket within \(Double(patience.nanoseconds) / 1_000_000_000) s"
    }
  }
}
