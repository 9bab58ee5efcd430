import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// TLS in front of a server that speaks none, on a free port of loopback.
public final class TestTLSFront: Sendable {
  private let listener: any Channel
  public var port: Int { listener.localAddress?.port ?? 0 }

  public init(of port: Int, _ authority: TestAuthority) async throws {
    let tls = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(authority.certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: authority.key, format: .pem))))
    listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        ClientBootstrap(group: channel.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing { server in
          try server.pipeline.syncOperations.addHandler(Forwarder(to: channel))
          try channel.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: tls), Forwarder(to: server)])
        }
      }.bind(host: "127.0.0.1", port: 0).get()
  }

  public func stop() async throws { try await listener.close() }

  private final class Forwarder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
