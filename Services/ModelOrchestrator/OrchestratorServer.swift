import Logging
import Models
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ServiceLifecycle

/// The WebSocket on which coordinators hear of models: `ws://host:port/{crunch id}`. Plain HTTP is answered with 426.
struct OrchestratorServer: Service {
  let host: String
  let port: Int
  let crunchID: String
  let registry: RunRegistry
  let logger: Logger

  private typealias Socket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
  private enum Upgrade: Sendable {
    case socket(Socket, path: String)
    case plain(NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>)
  }

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await listen() }
    } catch is CancellationError where Task.isShuttingDownGracefully {
      return
    }
  }

  private func listen() async throws {
    let server = try await bind()
    logger.info("orchestrator listens", metadata: ["port": "\(server.channel.localAddress?.port ?? 0)"])
    try await withThrowingDiscardingTaskGroup { group in
      try await server.executeThenClose { connections in
        for try await connection in connections {
          group.addTask {
            do { try await serve(try await connection.get()) } catch {
              logger.debug("connection ended", metadata: ["cause": "\(error)"])
            }
          }
        }
      }
    }
  }

  private func bind() async throws -> NIOAsyncChannel<EventLoopFuture<Upgrade>, Never> {
    try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let upgrader = NIOTypedWebSocketServerUpgrader<Upgrade>(
            maxFrameSize: 1 << 20,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, request in
              channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                  NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_000, maxAccumulatedFrameSize: 1 << 20))
                return .socket(try Socket(wrappingChannelSynchronously: channel), path: request.uri)
              }
            })
          return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(
              upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                  channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ResponsePartHandler())
                    return .plain(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                  }
                })))
        }
      }
  }

  private func serve(_ upgrade: Upgrade) async throws {
    switch upgrade {
    case .socket(let socket, let path): try await serve(socket, path: path)
    case .plain(let channel):
      try await channel.executeThenClose { inbound, outbound in
        for try await part in inbound {
          guard case .end = part else { continue }
          let text = "Upgrade Required: use WebSocket\n"
          let headers: HTTPHeaders = [
            "content-type": "text/plain", "content-length": String(text.utf8.count), "connection": "close",
          ]
          try await outbound.write(
            contentsOf: [
              .head(HTTPResponseHead(version: .http1_1, status: .upgradeRequired, headers: headers)),
              .body(ByteBuffer(string: text)), .end(nil),
            ])
          return
        }
      }
    }
  }

  private func serve(_ socket: Socket, path: String) async throws {
    let crunch = path.split(separator: "?").first.map { $0.drop { $0 == "/" } } ?? ""
    try await socket.executeThenClose { inbound, outbound in
      func send(_ text: String) async throws {
        try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text)))
      }
      // A crunch that runs elsewhere has no models here; that is no error.
      guard crunch == crunchID else {
        try await send(OrchestratorMessage.initial([]).text)
        for try await _ in inbound {}
        return
      }
      let (id, messages) = await registry.listen()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for await message in messages { try await send(message) } }
        for try await frame in inbound {
          switch frame.opcode {
          case .text: await receive(String(buffer: frame.unmaskedData))
          case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
          case .connectionClose:
            await registry.leave(id)
            return
          default: break
          }
        }
        await registry.leave(id)
      }
    }
  }

  private func receive(_ text: String) async {
    do {
      guard case .reportFailure(let reports) = try OrchestratorMessage(parsing: text) else { return }
      await registry.report(reports)
    } catch {
      logger.warning("message of a coordinator skipped", metadata: ["cause": "\(error)"])
    }
  }
}
