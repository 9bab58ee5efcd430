import ChildProcesses
import Foundation
import Postgres
import Store

/// A PostgreSQL of a test's own, which it may stop, starve and start again. It runs as the user `postgres` where the test
/// runs as root, for PostgreSQL refuses to.
public actor PrivatePostgres {
  public nonisolated let port: Int
  public nonisolated let folder: String
  public nonisolated var url: String { "postgres://coordinator@127.0.0.1:\(port)/postgres" }
  private let programs: String
  private var running: RunningProcess?

  /// Makes and starts a server with the node's schema, lends it to `body`, and removes it, also when `body` throws.
  public static func with<Result: Sendable>(
    _ body: @Sendable (PrivatePostgres, Store) async throws -> Result
  ) async throws -> Result {
    let server = try await PrivatePostgres()
    guard let configuration = PostgresConfiguration(url: server.url) else { throw NeverHappened(what: "a URL") }
    let store = Store(configuration, connections: 4)
    do {
      try await server.start()
      try await store.migrator.migrate()
      let result = try await body(server, store)
      await store.pool.close()
      try await server.end()
      return result
    } catch {
      await store.pool.close()
      try await server.end()
      throw error
    }
  }

  private init() async throws {
    port = try LoopbackPort.free()
    folder = "/tmp/coordinator-postgres-\(UUID().uuidString)"
    programs = try Self.programFolder()
    _ = try await run("/bin/mkdir", ["-p", folder])
    if getuid() == 0 { _ = try await run("/bin/chown", ["postgres", folder]) }
    let made = try await run(
      programs + "/initdb",
      [
        "--pgdata", folder + "/data", "--auth", "trust", "--username", "coordinator", "--encoding", "UTF8", "--no-sync",
      ],
      asServer: true)
    guard made == 0 else { throw NeverHappened(what: "initdb makes a database") }
  }

  private static func programFolder() throws -> String {
    let versions = "/usr/lib/postgresql"
    if FileManager.default.fileExists(atPath: versions) {
      let found = try FileManager.default.contentsOfDirectory(atPath: versions).sorted {
        (Int($0) ?? 0) < (Int($1) ?? 0)
      }
      if let newest = found.last { return "\(versions)/\(newest)/bin" }
    }
    return URL(filePath: try Executables.find("initdb")).deletingLastPathComponent().path
  }

  /// Starts the server and waits until it answers.
  public func start() async throws {
    let (executable, arguments) = command(
      programs + "/postgres",
      [
        "-D", folder + "/data", "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c",
        "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=100",
      ], asServer: true)
    running = RunningProcess(ChildProcess(executable: executable, arguments: arguments, workingDirectory: "/"))
    try await waitUntil("PostgreSQL answers") {
      try await run(programs + "/pg_isready", ["-q", "-h", "127.0.0.1", "-p", String(port)]) == 0
    }
  }

  /// Starts it again with TLS; from then on it answers nobody who comes without.
  public func requireTLS(_ authority: TestAuthority) async throws {
    try await stop()
    // PostgreSQL wants the key to be its own.
    let owner = getuid() == 0 ? "-o postgres" : ""
    let script = """
      set -e; cd '\(folder)/data'
      install \(owner) -m 600 '\(authority.certificate)' server.crt
      install \(owner) -m 600 '\(authority.key)' server.key
      echo 'ssl = on' >> postgresql.conf; echo 'hostssl all all 127.0.0.1/32 trust' > pg_hba.conf
      """
    guard try await run("/bin/sh", ["-c", script]) == 0 else {
      throw NeverHappened(what: "PostgreSQL has a certificate")
    }
    try await start()
  }

  /// Stops it in the middle of whatever it does, and starts it again: it recovers from its log.
  public func restartImmediately() async throws {
    try await stop(mode: "immediate")
    try await start()
  }

  public func stop(mode: String = "fast") async throws {
    _ = try await run(
      programs + "/pg_ctl", ["stop", "-D", folder + "/data", "-m", mode, "-w", "-s"], asServer: true)
    await running?.stop()
    running = nil
  }

  private func end() async throws {
    if running != nil { try await stop(mode: "immediate") }
    try FileManager.default.removeItem(atPath: folder)
  }

  private nonisolated func command(
    _ executable: String, _ arguments: [String], asServer: Bool
  ) -> (String, [String]) {
    guard asServer, getuid() == 0 else { return (executable, arguments) }
    return ("/sbin/runuser", ["-u", "postgres", "--", executable] + arguments)
  }

  private nonisolated func run(_ executable: String, _ arguments: [String], asServer: Bool = false) async throws
    -> Int32?
  {
    let (program, words) = command(executable, arguments, asServer: asServer)
    return try await ChildProcess(executable: program, arguments: words, workingDirectory: "/").run().exitCode
  }
}
