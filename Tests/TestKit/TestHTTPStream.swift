import Foundation

/// One connection of a `TestHTTPServer`: reads requests, writes answers.
struct TestHTTPStream {
  let descriptor: Int32
  private var unread: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// The next request; nil when the client has left.
  mutating func request() -> TestHTTPServer.Request? {
    guard let head = head() else { return nil }
    let lines = head.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3, let target = URLComponents(string: String(words[1])) else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while unread.count < length { guard readMore() else { return nil } }
    let body = Array(unread.prefix(length))
    unread.removeFirst(length)
    return TestHTTPServer.Request(
      method: String(words[0]), path: target.path,
      query: (target.queryItems ?? []).map { ($0.name, $0.value ?? "") }, headers: headers, body: body)
  }

  /// Whether the connection goes on.
  mutating func send(_ answer: TestHTTPServer.Answer) -> Bool {
    switch answer {
    case .reply(let status, let headers, let body):
      var head = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.count)\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      return write(Array((head + "\r\n").utf8) + body)
    case .raw(let bytes):
      _ = write(bytes)
      return false
    case .events(let stream):
      let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      guard write(Array(head.utf8) + TestEventStream.chunk(":\n\n")) else { return false }
      stream.join(descriptor)
      while readMore() {}
      stream.leave(descriptor)
      return false
    case .silence:
      // Ends when the client or the server closes the connection.
      while readMore() {}
      return false
    }
  }

  private mutating func head() -> String? {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let range = unread.firstRange(of: end) {
        let head = String(decoding: unread[..<range.lowerBound], as: UTF8.self)
        unread.removeSubrange(..<range.upperBound)
        return head
      }
      guard readMore() else { return nil }
    }
  }

  private mutating func readMore() -> Bool {
    let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
    }
    unread += chunk
    return !chunk.isEmpty
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
