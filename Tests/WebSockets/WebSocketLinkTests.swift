import NIOCore
import NIOPosix
import NIOSSL
import TestKit
import Testing
import WebSockets

@Suite("A WebSocket connection", .timeLimit(.minutes(2)))
struct WebSocketLinkTests {
  /// A server that accepts connections and says nothing.
  private static func withMuteServer(_ body: (Int) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(try #require(server.localAddress?.port))
    try await server.close()
  }

  private static func with(
    answersPings: Bool = true, _ body: (TestWebSocketServer, WebSocketLink) async throws -> Void
  ) async throws {
    let authority = try await TestAuthority.make()
    let server = TestWebSocketServer(answersPings: answersPings)
    try await server.start(authority)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(authority.authority)
    let tls = try NIOSSLContext(configuration: configuration)
    let link = try await WebSocketLink.connect(host: "localhost", port: server.port, path: "/ws", tls: tls)
    try await waitUntil("the server has it too") { server.listeners == 1 }
    try await body(server, link)
    try await server.stop()
  }

  @Test("is given up when the server accepts it and then says nothing", arguments: [true, false])
  func mute(isEncrypted: Bool) async throws {
    let tls = isEncrypted ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
    try await Self.withMuteServer { port in
      let error = await #expect(throws: WebSocketError.self) {
        _ = try await WebSocketLink.connect(
          host: "127.0.0.1", port: port, path: "/", tls: tls, patience: .milliseconds(100))
      }
      #expect(error?.description.contains("within 0.1 s") == true, "\(String(describing: error))")
    }
  }

  @Test("is given up at once when nobody wants it any more, also while it is being opened")
  func cancelled() async throws {
    try await Self.withMuteServer { port in
      let opening = Task {
        _ = try await WebSocketLink.connect(host: "127.0.0.1", port: port, path: "/", patience: .hours(1))
      }
      opening.cancel()
      await #expect(throws: CancellationError.self) { try await opening.value }
    }
  }

  @Test("answers the server's pings with what they said")
  func pong() async throws {
    try await Self.with { server, link in
      let running = Task { try await link.run(outgoing: AsyncStream { _ in }) { _ in } }
      server.ping("are you there")
      try await waitUntil("an answer") { server.pongs == ["are you there"] }
      running.cancel()
      _ = await running.result
    }
  }

  @Test("lasts while its pings are answered, and ends when they are not", arguments: [true, false])
  func silence(answersPings: Bool) async throws {
    try await Self.with(answersPings: answersPings) { server, link in
      let running = Task {
        try await link.run(outgoing: AsyncStream { _ in }, pingingEvery: .milliseconds(100)) { _ in }
      }
      if answersPings {
        try await waitUntil("many pings") { server.pings > 5 }
        #expect(server.listeners == 1)
        running.cancel()
        _ = await running.result
      } else {
        let error = await #expect(throws: WebSocketError.self) { _ = try await running.value }
        #expect(error?.description.contains("no ping") == true)
      }
    }
  }
}
