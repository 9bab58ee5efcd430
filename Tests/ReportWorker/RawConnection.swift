import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A connection to a port of this machine on which a test says exactly what it wants, how slowly it wants. It waits on a
/// thread of its own: the server under test needs the others.
final class RawConnection: Sendable {
  private let socket: Int32

  struct Refused: Error {}

  /// - Parameter receiveBuffer: bytes that wait here until the test takes them; nil: as many as the system likes.
  init(port: Int, receiveBuffer: Int32? = nil) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var receiveBuffer {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Refused() }
  }

  deinit { close(socket) }

  /// - Returns: whether the other end still takes it.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// What comes until there is nothing for so long, or the other end closes.
  /// - Returns: the text, and whether the connection is closed.
  func receive(waitingMilliseconds wait: Int32) async -> (text: String, isClosed: Bool) {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.takeAll(waitingMilliseconds: wait)) }
    }
  }

  private func takeAll(waitingMilliseconds wait: Int32) -> (text: String, isClosed: Bool) {
    var bytes: [UInt8] = []
    while true {
      var question = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&question, 1, wait) > 0 else { return (String(decoding: bytes, as: UTF8.self), false) }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { return (String(decoding: bytes, as: UTF8.self), true) }
      bytes += chunk[..<count]
    }
  }

  /// Sends a request and answers the whole of what comes back: its head, and as many bytes as that announces.
  func exchange(_ request: String) async throws -> String {
    send(request)
    var text = ""
    for _ in 0..<1_000 {
      let (more, isClosed) = await receive(waitingMilliseconds: 10)
      text += more
      if let head = text.range(of: "\r\n\r\n") {
        let announced = request.hasPrefix("HEAD") ? 0 : Self.length(text[..<head.lowerBound])
        if text[head.upperBound...].utf8.count >= announced { return text }
      }
      if isClosed { break }
    }
    throw Refused()
  }

  private static func length(_ head: Substring) -> Int {
    let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
    return line.flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) } ?? 0
  }
}
