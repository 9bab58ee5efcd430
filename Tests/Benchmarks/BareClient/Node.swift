import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// A model node behind one connection.
struct Node: Sendable {
  private let client: GRPCClient<HTTP2ClientTransport.Posix>

  init(port: Int) throws {
    client = GRPCClient(
      transport: try .http2NIOPosix(target: .dns(host: "127.0.0.1", port: port), transportSecurity: .plaintext))
  }

  func run() async throws { try await client.runConnections() }
  func close() { client.beginGracefulShutdown() }

  func send(_ method: String, _ bytes: [UInt8]) async throws {
    var options = CallOptions.defaults
    options.timeout = .seconds(60)
    options.waitForReady = true
    let answer: [UInt8] = try await client.unary(
      request: ClientRequest(message: bytes),
      descriptor: MethodDescriptor(fullyQualifiedService: "dynamic_subclass.DynamicSubclassService", method: method),
      serializer: PlainBytes(), deserializer: PlainBytes(), options: options
    ) { try $0.message }
    guard String(decoding: answer, as: UTF8.self).contains("SUCCESS") else {
      throw RPCError(code: .failedPrecondition, message: "a node answered \(method) without success")
    }
  }
}

extension [Node] {
  func eachAtOnce(_ body: @Sendable @escaping (Node) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { calls in
      for node in self { calls.addTask { try await body(node) } }
      try await calls.waitForAll()
    }
  }
}
