import Foundation
import Synchronization

/// A piece of network between a worker and its server, which a test breaks as networks break: bytes are held up or come
/// late, connections die without a word. TCP loses nothing while it lives, so that a cut holds bytes until it heals, and a
/// lost packet is one that comes later.
public final class TCPProxy: Sendable {
  public enum Link: Sendable, Hashable {
    case open
    /// What clients send does not arrive.
    case requestsCut
    /// What the server answers does not arrive.
    case answersCut
    case cut
    /// Every chunk is this late.
    case slow(milliseconds: Int)
    /// A chunk is sent again with this probability, a fifth of a second later.
    case lossy(Double)
  }

  private struct State {
    var link = Link.open
    var isClosed = false
    var connections: [ProxiedConnection] = []
  }

  public let port: Int
  private let targetPort: Int
  private let listener: Int32
  private let state = Mutex(State())

  /// Listens on a free port of the loopback interface and hands on to `targetPort`.
  public static func with<Result: Sendable>(
    targetPort: Int, _ body: @Sendable (TCPProxy) async throws -> Result
  ) async throws -> Result {
    let proxy = try TCPProxy(targetPort: targetPort)
    defer { proxy.close() }
    return try await body(proxy)
  }

  private init(targetPort: Int) throws {
    self.targetPort = targetPort
    port = try LoopbackPort.free()
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = LoopbackPort.address(port)
    let listens = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(listener, 64) == 0
      }
    }
    guard listens else { throw NeverHappened(what: "the proxy listens") }
    Thread { [self] in accept() }.start()
  }

  /// Changes the link for what is open and for what comes.
  public func set(_ link: Link) { state.withLock { $0.link = link } }

  /// The server's side of all open connections ends, and clients hear nothing of it. New connections are well.
  public func halfOpen() {
    for connection in state.withLock({ $0.connections }) { connection.abandon() }
  }

  private func close() {
    let open = state.withLock { state in
      state.isClosed = true
      return state.connections
    }
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in open { connection.end() }
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = LoopbackPort.address(targetPort)
      let isConnected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      guard isConnected else {
        Glibc.close(client)
        Glibc.close(server)
        continue
      }
      let connection = ProxiedConnection(client: client, server: server)
      state.withLock { $0.connections.append(connection) }
      Thread { [self] in pump(connection, isRequest: true) }.start()
      Thread { [self] in pump(connection, isRequest: false) }.start()
    }
    Glibc.close(listener)
  }

  private func pump(_ connection: ProxiedConnection, isRequest: Bool) {
    let (source, target) = isRequest ? (connection.client, connection.server) : (connection.server, connection.client)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !connection.hasEnded, !state.withLock({ $0.isClosed }) {
      var waiting = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      guard !holdsUp(isRequest), poll(&waiting, 1, 20) > 0 else {
        if holdsUp(isRequest) { usleep(5_000) }
        continue
      }
      // The link may have changed while nothing came.
      guard !holdsUp(isRequest) else { continue }
      let count = recv(source, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      pauseOnTheWay()
      guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
    }
    connection.left()
    state.withLock { $0.connections.removeAll { $0.isClosed } }
  }

  private func holdsUp(_ isRequest: Bool) -> Bool {
    switch state.withLock({ $0.link }) {
    case .cut: true
    case .requestsCut: isRequest
    case .answersCut: !isRequest
    case .open, .slow, .lossy: false
    }
  }

  private func pauseOnTheWay() {
    switch state.withLock({ $0.link }) {
    case .slow(let milliseconds): usleep(UInt32(milliseconds) * 1_000)
    case .lossy(let probability): if Double.random(in: 0...1) < probability { usleep(200_000) }
    case .open, .cut, .requestsCut, .answersCut: break
    }
  }
}

/// Two sockets, and who is done with them. The last of the two threads that pump closes them.
private final class ProxiedConnection: Sendable {
  let client: Int32
  let server: Int32
  private struct State {
    var pumps = 2
    var hasEnded = false
    var isAbandoned = false
    var isClosed = false
  }
  private let state = Mutex(State())

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  var hasEnded: Bool { state.withLock { $0.hasEnded } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// The server hears of an end, the client does not.
  func abandon() {
    state.withLock { state in
      state.isAbandoned = true
      state.hasEnded = true
    }
  }

  func end() {
    state.withLock { state in
      state.hasEnded = true
      if state.isAbandoned, !state.isClosed, state.pumps == 0 {
        state.isClosed = true
        Glibc.close(client)
      }
    }
  }

  /// A pump is done: the other one follows.
  func left() {
    state.withLock { state in
      state.pumps -= 1
      state.hasEnded = true
      guard state.pumps == 0 else { return }
      Glibc.close(server)
      guard !state.isAbandoned else { return }
      Glibc.close(client)
      state.isClosed = true
    }
  }
}
