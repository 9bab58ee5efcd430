import Competition
import NIOCore

/// What is told to all who listen: a name, and JSON on one line.
struct LiveMessage: Sendable {
  enum Kind: String, Sendable {
    case leaderboard, checkpoint, streams
  }

  var kind: Kind
  var data: [UInt8]

  init(_ kind: Kind, _ write: (inout JSONText) -> Void) {
    var text = JSONText()
    text.object(write)
    self.kind = kind
    data = text.bytes
  }

  /// As server-sent events are spelled (HTML standard, 9.2).
  func frame(id: String?) -> ByteBuffer {
    var frame = ByteBuffer()
    if let id { frame.writeString("id: \(id)\n") }
    frame.writeString("event: \(kind.rawValue)\ndata: ")
    frame.writeBytes(data)
    frame.writeString("\n\n")
    return frame
  }

  /// Clients come back so many milliseconds after a connection has ended.
  static let greeting = ByteBuffer(string: "retry: 2000\n\n")
}
