import NIOCore
import NIOPosix

/// Ports of the loopback interface.
public enum FreePort {
  /// A port that nobody listens on now.
  public static func find() async throws -> Int {
    let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return port
  }

  /// Whether somebody listens on a port.
  public static func isTaken(_ port: Int) async -> Bool {
    await waitUntilOpen(port, patience: .milliseconds(1))
  }

  /// Waits until somebody listens on a port; false when nobody does in time or the task is cancelled.
  public static func waitUntilOpen(_ port: Int, patience: Duration) async -> Bool {
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
      do {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
          .connectTimeout(.seconds(1)).connect(host: "127.0.0.1", port: port).get()
        try await channel.close()
        return true
      } catch {
        do { try await Task.sleep(for: .milliseconds(100)) } catch { return false }
      }
    }
    return false
  }
}
