import Foundation

@testable import ReportWorker

/// Listeners on connections of their own, all read by one thread, as many as a test wants.
final class LiveConnections: Sendable {
  private let connections: [RawConnection]

  init(_ count: Int, port: Int, lastEventID: String? = nil) throws {
    connections = try (0..<count).map { _ in try RawConnection(port: port) }
    let known = lastEventID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
    for connection in connections {
      connection.send("GET /reports/live HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\(known)\r\n")
    }
  }

  struct Silence: Error {
    var heard: [String]
  }

  /// What each has heard, once all of it fits.
  /// - Parameter heard: what they heard before.
  func listen(
    _ heard: [String]? = nil, until fits: @escaping @Sendable (String) -> Bool
  ) async throws -> [String] {
    var texts = heard ?? connections.map { _ in "" }
    for _ in 0..<6_000 {
      var isDone = true
      for (index, connection) in connections.enumerated() where !fits(texts[index]) {
        texts[index] += await connection.receive(waitingMilliseconds: 0).text
        isDone = isDone && fits(texts[index])
      }
      if isDone { return texts }
      // Leaves the processor to the server.
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Silence(heard: texts.map { String($0.suffix(500)) })
  }
}

/// The events in what a listener has heard.
enum HeardEvents {
  /// Of events whose line has come whole.
  static func ids(_ text: String) -> [String] {
    guard let end = text.lastIndex(where: \.isNewline) else { return [] }
    return text[..<end].split(whereSeparator: \.isNewline).filter { $0.hasPrefix("id: ") }.map {
      String($0.dropFirst(4))
    }
  }

  static func data(_ kind: LiveMessage.Kind, _ text: String) -> [String] {
    let lines = text.split(whereSeparator: \.isNewline)
    return zip(lines, lines.dropFirst()).filter { $0.0 == "event: \(kind.rawValue)" && $0.1.hasPrefix("data: ") }
      .map { String($0.1.dropFirst(6)) }
  }
}
