import ChildProcesses
import Foundation
import Postgres

/// pgbouncer in transaction mode before the server of a test's database: every transaction may be on another of few sessions.
/// It runs as the user `postgres` where the test runs as root, for pgbouncer refuses to.
public struct Pooler: Sendable {
  /// The database, through the pooler.
  public let configuration: PostgresConfiguration
  public let url: String

  /// Starts a pooler, lends it to `body`, and stops it, also when `body` throws.
  /// - Parameter sessions: on the server, at most; fewer than a node has connections.
  public static func with<Result: Sendable>(
    of database: TestDatabase, sessions: Int, _ body: @Sendable (Pooler) async throws -> Result
  ) async throws -> Result {
    let folder = "/tmp/coordinator-pooler-\(UUID().uuidString)"
    let port = try LoopbackPort.free()
    let server = database.configuration
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let settings = """
      [databases]
      * = host=\(server.host) port=\(server.port)
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = \(port)
      unix_socket_dir =
      pool_mode = transaction
      default_pool_size = \(sessions)
      max_client_conn = 200
      auth_type = trust
      auth_file = \(folder)/users
      """
    try Data(settings.utf8).write(to: URL(filePath: folder + "/settings"))
    try Data("\"\(server.user)\" \"\(server.password ?? "")\"\n".utf8).write(to: URL(filePath: folder + "/users"))
    var (program, words) = (try Executables.find("pgbouncer"), [folder + "/settings"])
    if getuid() == 0 { (program, words) = ("/sbin/runuser", ["-u", "postgres", "--", program] + words) }
    let process = RunningProcess(ChildProcess(executable: program, arguments: words, workingDirectory: "/"))
    var configuration = server
    (configuration.host, configuration.port) = ("127.0.0.1", port)
    configuration.usesPreparedStatements = false
    let pooler = Pooler(
      configuration: configuration, url: "postgres://\(server.user)@127.0.0.1:\(port)/\(server.database)")
    do {
      let pool = PostgresPool(configuration, size: 1)
      try await waitUntil("pgbouncer answers") {
        do { return try await pool.query("SELECT 1").count == 1 } catch is PostgresError { return false }
      }
      await pool.close()
      let result = try await body(pooler)
      await process.stop()
      try FileManager.default.removeItem(atPath: folder)
      return result
    } catch {
      await process.stop()
      try FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }
}
