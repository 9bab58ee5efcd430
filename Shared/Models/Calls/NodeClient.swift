import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import SwiftProtobuf

/// The gRPC calls of one model node.
struct NodeClient: Sendable {
  private let client: GRPCClient<HTTP2ClientTransport.Posix>

  /// Largest answer that is taken, the most that a node sends.
  static let maximumAnswer = 64 << 20

  init(host: String, port: Int) throws {
    client = GRPCClient(
      transport: try .http2NIOPosix(target: .dns(host: host, port: port), transportSecurity: .plaintext))
  }

  /// Keeps the connection until the client is closed or the task cancelled.
  func run() async throws { try await client.runConnections() }
  func close() { client.beginGracefulShutdown() }

  /// - Parameter patience: for connection and answer together.
  func setUp(className: String, patience: Duration) async throws -> Commons_Status {
    let request = DynamicSubclass_SetupRequest.with { $0.className = className }
    let response: DynamicSubclass_SetupResponse = try await client.unary(
      request: ClientRequest(message: request), descriptor: Self.method("Setup"),
      serializer: ProtobufSerializer<DynamicSubclass_SetupRequest>(),
      deserializer: ProtobufDeserializer<DynamicSubclass_SetupResponse>(), options: Self.options(patience)
    ) { try $0.message }
    return response.status
  }

  func call(_ call: EncodedCall, timeout: Duration) async throws -> DynamicSubclass_CallResponse {
    try await client.unary(
      request: ClientRequest(message: call.bytes), descriptor: Self.method("Call"), serializer: BytesSerializer(),
      deserializer: ProtobufDeserializer<DynamicSubclass_CallResponse>(), options: Self.options(timeout)
    ) { try $0.message }
  }

  /// Whether the node says that it serves.
  func isServing(timeout: Duration) async -> Bool {
    var options = Self.options(timeout)
    options.waitForReady = false
    do {
      let response: Grpc_Health_V1_HealthCheckResponse = try await client.unary(
        request: ClientRequest(message: Grpc_Health_V1_HealthCheckRequest()),
        descriptor: MethodDescriptor(fullyQualifiedService: "grpc.health.v1.Health", method: "Check"),
        serializer: ProtobufSerializer<Grpc_Health_V1_HealthCheckRequest>(),
        deserializer: ProtobufDeserializer<Grpc_Health_V1_HealthCheckResponse>(), options: options
      ) { try $0.message }
      return response.status == .serving
    } catch {
      return false
    }
  }

  private static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "dynamic_subclass.DynamicSubclassService", method: name)
  }

  private static func options(_ timeout: Duration) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    options.waitForReady = true
    options.maxResponseMessageBytes = maximumAnswer
    // The transport takes the limit of answers from that of requests.
    options.maxRequestMessageBytes = maximumAnswer
    return options
  }
}

/// Sends bytes that are encoded already.
private struct BytesSerializer: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
}
