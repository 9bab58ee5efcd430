import Foundation
import Synchronization

/// An HTTP server on a free port of loopback that answers whatever a test wants, also what no server should.
///
/// Each connection has a thread of its own and serves one request after the other until the client leaves, or an answer
/// ends it.
public final class TestHTTPServer: Sendable {
  public struct Request: Sendable {
    public var method: String
    /// Without the query.
    public var path: String
    /// Decoded, in the order in which it was sent.
    public var query: [(name: String, value: String)]
    /// By lower-case name.
    public var headers: [String: String]
    public var body: [UInt8]

    public subscript(name: String) -> String? { query.first { $0.name == name }?.value }
  }

  public enum Answer: Sendable {
    case reply(Int, [String: String], [UInt8])
    /// These bytes as they are, then the end of the connection.
    case raw([UInt8])
    /// Not a word until the server is stopped.
    case silence
    /// Events for as long as the client listens.
    case events(TestEventStream)

    public static func json(_ text: String) -> Answer {
      .reply(200, ["Content-Type": "application/json"], Array(text.utf8))
    }
    public static func status(_ code: Int) -> Answer { .reply(code, [:], []) }
  }

  public struct Failure: Error { var code: Int32 }

  public let port: Int
  public var url: String { "http://127.0.0.1:\(port)" }
  /// What was asked so far, in order of arrival.
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Connections that were opened so far.
  public var connectionCount: Int { state.withLock { $0.count } }

  private struct State {
    var requests: [Request] = []
    var count = 0
    var connections: Set<Int32> = []
    var isStopped = false
  }

  private let listener: Int32
  private let state = Mutex(State())
  private let answer: @Sendable (Request) -> Answer

  public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    self.answer = answer
    #if canImport(Glibc)
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    guard isBound else { throw Failure(code: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread { [self] in accept() }.start()
  }

  /// Ends all connections; nothing is answered any more.
  public func stop() {
    // Under the lock, so that no descriptor has become another connection's meanwhile.
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      for descriptor in [listener] + state.connections { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  private func accept() {
    while true {
      let connection = Foundation.accept(listener, nil, nil)
      guard connection >= 0 else { break }
      let isStopped = state.withLock { state in
        state.connections.insert(connection)
        state.count += 1
        return state.isStopped
      }
      if isStopped { _ = shutdown(connection, Int32(SHUT_RDWR)) }
      Thread { [self] in serve(connection) }.start()
    }
    _ = close(listener)
  }

  private func serve(_ connection: Int32) {
    var stream = TestHTTPStream(descriptor: connection)
    while let request = stream.request() {
      state.withLock { $0.requests.append(request) }
      guard stream.send(answer(request)) else { break }
    }
    state.withLock { _ = $0.connections.remove(connection) }
    _ = close(connection)
  }
}
