import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

/// A WebSocket server over TLS on a free port of loopback, which says to all who listen what a test tells it to, and cuts
/// them off.
public final class TestWebSocketServer: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: (channel: any Channel, path: String)] = [:]
    var paths: [String] = []
    var pongs: [String] = []
    var pings = 0
  }

  private let state = Mutex(State())
  private let listener = Mutex<(any Channel)?>(nil)

  private let answersPings: Bool

  public init(answersPings: Bool = true) { self.answersPings = answersPings }

  public var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
  /// What was asked for, with the query, by connection.
  public var paths: [String] { state.withLock { $0.paths } }
  /// What listeners answered to pings.
  public var pongs: [String] { state.withLock { $0.pongs } }
  /// How often listeners asked whether we are there.
  public var pings: Int { state.withLock { $0.pings } }
  public var listeners: Int { state.withLock { $0.channels.count } }

  public func start(_ authority: TestAuthority) async throws {
    let tls = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(authority.certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: authority.key, format: .pem))))
    let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
          let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { [self] channel, head in
              channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Manners(server: self))
                joined(channel, path: head.uri)
              }
            })
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
  }

  /// - Parameters:
  ///   - pieces: the text is cut into so many frames.
  ///   - hears: who hears it, by what was asked for.
  public func send(_ text: String, pieces: Int = 1, hears: (String) -> Bool = { _ in true }) {
    let bytes = Array(text.utf8)
    let size = max(1, (bytes.count + pieces - 1) / pieces)
    let parts = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
    for (channel, path) in state.withLock({ Array($0.channels.values) }) where hears(path) {
      for (index, part) in parts.enumerated() {
        let frame = WebSocketFrame(
          fin: index == parts.count - 1, opcode: index == 0 ? .text : .continuation, data: ByteBuffer(bytes: part))
        channel.writeAndFlush(frame, promise: nil)
      }
    }
  }

  /// Asks all listeners whether they are there.
  public func ping(_ text: String) {
    for (channel, _) in state.withLock({ Array($0.channels.values) }) {
      channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: text)), promise: nil)
    }
  }

  /// Ends all connections without a word.
  public func cut() {
    for (channel, _) in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
  }

  public func stop() async throws {
    cut()
    try await listener.withLock { $0 }?.close()
  }

  private func joined(_ channel: any Channel, path: String) {
    let id = ObjectIdentifier(channel)
    state.withLock { state in
      state.channels[id] = (channel, path)
      state.paths.append(path)
    }
    channel.closeFuture.whenComplete { [self] _ in state.withLock { _ = $0.channels.removeValue(forKey: id) } }
  }

  private func heard(pong: String) { state.withLock { $0.pongs.append(pong) } }

  /// Answers pings, and hears what is answered to ours.
  private final class Manners: ChannelInboundHandler, Sendable {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let server: TestWebSocketServer

    init(server: TestWebSocketServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      if frame.opcode == .pong { server.heard(pong: String(buffer: frame.unmaskedData)) }
      guard frame.opcode == .ping else { return }
      server.state.withLock { $0.pings += 1 }
      guard server.answersPings else { return }
      let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    }
  }
}
