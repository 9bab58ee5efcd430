import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// One WebSocket connection as a client: text messages in and out. Pings are answered at once, and a peer that answers none
/// of ours counts as gone.
public struct WebSocketLink: Sendable {
  private let channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

  /// Longest message that is taken, in bytes.
  static let maximumMessage = 64 << 20

  /// - Parameters:
  ///   - path: with the query.
  ///   - tls: how the server proves who it is; nil: without TLS.
  ///   - patience: how long TLS and the upgrade may take once the server has accepted the connection.
  /// - Throws: `WebSocketError`, what the system says of the connection, what TLS says of the server.
  public static func connect(
    host: String, port: Int, path: String, tls: NIOSSLContext? = nil, patience: TimeAmount = .seconds(10)
  ) async throws -> WebSocketLink {
    let opening = Opening(patience: patience)
    defer { opening.end() }
    return try await withTaskCancellationHandler {
      do {
        return try await connect(host, port, path, tls, opening)
      } catch {
        try Task.checkCancellation()
        throw opening.isLate ? WebSocketError.slow(patience) : error
      }
    } onCancel: {
      opening.giveUp()
    }
  }

  private static func connect(
    _ host: String, _ port: Int, _ path: String, _ tls: NIOSSLContext?, _ opening: Opening
  ) async throws -> WebSocketLink {
    let upgrade: EventLoopFuture<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?> = try await ClientBootstrap(
      group: .singletonMultiThreadedEventLoopGroup
    ).connectTimeout(.seconds(10)).connect(host: host, port: port) { channel in
      opening.begin(channel)
      return channel.eventLoop.makeCompletedFuture {
        if let tls {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name(host)))
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?>(
          maxFrameSize: maximumMessage
        ) { channel, _ in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 10_000,
                maxAccumulatedFrameSize: maximumMessage))
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
          }
        }
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: "\(host):\(port)")
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
          upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers),
            upgraders: [upgrader], notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(nil) }))
        // The first message may come in the same packet as the answer to the upgrade.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
      }
    }
    guard let channel = try await upgrade.get() else { throw WebSocketError.notAWebSocket }
    return WebSocketLink(channel: channel)
  }

  /// The name that a certificate is to carry; addresses are no names.
  private static func name(_ host: String) -> String? {
    do {
      _ = try SocketAddress(ipAddress: host, port: 0)
      return nil
    } catch { return host }
  }

  /// Handles the connection until it ends or the task is cancelled.
  /// - Parameters:
  ///   - outgoing: texts to send.
  ///   - pause: between our pings; a peer that says nothing at all for two of them has gone.
  ///   - receive: called for each text, in order; must not wait.
  /// - Returns: the code with which the peer closed; nil when the connection broke.
  public func run(
    outgoing: AsyncStream<String>, pingingEvery pause: Duration = .seconds(20),
    receive: @Sendable @escaping (String) async -> Void
  ) async throws -> WebSocketErrorCode? {
    try await channel.executeThenClose { inbound, outbound in
      try await withThrowingTaskGroup(of: WebSocketErrorCode?.self) { group in
        let heard = Heartbeat()
        group.addTask {
          for try await frame in inbound {
            await heard.beat()
            var data = frame.unmaskedData
            switch frame.opcode {
            case .text: await receive(String(buffer: data))
            case .ping:
              try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: data))
            case .connectionClose:
              let code = data.readInteger(as: UInt16.self).map { WebSocketErrorCode(codeNumber: Int($0)) }
              return code ?? .normalClosure
            default: break
            }
          }
          return nil
        }
        group.addTask {
          for await text in outgoing {
            try await outbound.write(
              WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text)))
          }
          try await Task.sleep(for: .seconds(1 << 30))
          return nil
        }
        group.addTask {
          while true {
            try await Task.sleep(for: pause)
            guard await heard.takeBeats() > 0 else { throw WebSocketError.silent }
            try await outbound.write(
              WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()))
          }
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    }
  }

  private actor Heartbeat {
    private var beats = 1
    func beat() { beats += 1 }
    func takeBeats() -> Int {
      defer { beats = 0 }
      return beats
    }
  }
}
