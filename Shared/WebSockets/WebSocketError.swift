/// Why there is no WebSocket, or none any more.
public enum WebSocketError: Error, Sendable, CustomStringConvertible {
  case notAWebSocket
  case silent

  public var description: String {
    switch self {
    case .notAWebSocket: "the server does not speak WebSocket on this path"
    case .silent: "the server was silent for 20 s and answered no ping"
    }
  }
}
