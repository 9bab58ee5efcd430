import ChildProcesses
import Foundation
import Redis

/// A Redis that speaks TLS alone, and before it the tunnel that deployments ship.
public struct TLSTunnel: Sendable {
  /// The Redis, through the tunnel.
  public let url: String
  public let configuration: RedisConfiguration
  /// The Redis itself, which answers nobody without TLS.
  public let serverPort: Int
  public let process: RunningProcess

  /// Starts both, lends them to `body`, and stops them, also when `body` throws.
  /// - Parameters:
  ///   - script: `deploy/tunnel/start.sh`.
  ///   - trusting: PEM file of the authority that the tunnel believes; without it the server's own.
  public static func with<Result: Sendable>(
    _ authority: TestAuthority, script: String, trusting: String? = nil,
    _ body: @Sendable (TLSTunnel) async throws -> Result
  ) async throws -> Result {
    let folder = NSTemporaryDirectory() + "/tunnel-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (serverPort, port) = (try LoopbackPort.free(), try LoopbackPort.free())
    let server = RunningProcess(
      ChildProcess(
        executable: try Executables.find("redis-server"),
        arguments: [
          "--bind", "127.0.0.1", "--port", "0", "--tls-port", String(serverPort), "--tls-auth-clients", "no",
          "--tls-cert-file", authority.certificate, "--tls-key-file", authority.key, "--dir", folder, "--save", "",
        ]))
    let tunnel = RunningProcess(
      ChildProcess(
        executable: "/bin/sh", arguments: [script],
        environment: [
          "REDIS_TLS_HOST": "localhost", "REDIS_TLS_PORT": String(serverPort),
          "REDIS_TLS_CA": trusting ?? authority.authority, "TUNNEL_LISTEN": "127.0.0.1:\(port)",
          "TUNNEL_SETTINGS": folder + "/settings",
        ]))
    let made = TLSTunnel(
      url: "redis://127.0.0.1:\(port)/0", configuration: RedisConfiguration(address: .host("127.0.0.1", port: port)),
      serverPort: serverPort, process: tunnel)
    do {
      let result = try await body(made)
      await made.stop(server, folder)
      return result
    } catch {
      await made.stop(server, folder)
      throw error
    }
  }

  /// Whether the Redis answers through the tunnel.
  public func answers() async -> Bool {
    do {
      return try await RedisConnection(configuration, name: "test").send(RedisCommand("PING")).text == "PONG"
    } catch { return false }
  }

  private func stop(_ server: RunningProcess, _ folder: String) async {
    await process.stop()
    await server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }
}
