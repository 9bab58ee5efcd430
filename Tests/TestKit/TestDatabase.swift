import Foundation
import Postgres
import Store

/// A database of a test's own on the server of `TEST_DATABASE_URL`: copied from a migrated template, dropped afterwards.
/// Any number of tests may have one at the same time.
///
///     try await TestDatabase.with { database in
///       try await database.store.models.upsert([…])
///     }
public struct TestDatabase: Sendable {
  public let configuration: PostgresConfiguration
  /// A store on it, for tests that need no connections of their own.
  public let store: Store

  /// `postgres://…` of this database, for processes that a test starts.
  public var url: String {
    var parts = URLComponents()
    parts.scheme = "postgres"
    parts.user = configuration.user
    parts.password = configuration.password
    parts.path = "/" + configuration.database
    if configuration.host.hasPrefix("/") {
      parts.queryItems = [
        URLQueryItem(name: "host", value: configuration.host),
        URLQueryItem(name: "port", value: String(configuration.port)),
      ]
    } else {
      parts.host = configuration.host
      parts.port = configuration.port
    }
    return parts.string ?? ""
  }

  /// What a fresh database holds.
  public enum Content: Sendable { case schema, nothing }

  /// Makes a database, lends it to `body`, and drops it, also when `body` throws or left connections open.
  public static func with<Result: Sendable>(
    _ content: Content = .schema, _ body: @Sendable (TestDatabase) async throws -> Result
  ) async throws -> Result {
    let server = try TestServer.shared
    let configuration = try await server.createDatabase(content)
    let database = TestDatabase(configuration: configuration, store: Store(configuration))
    do {
      let result = try await body(database)
      try await database.close(server)
      return result
    } catch {
      try await database.close(server)
      throw error
    }
  }

  /// A pool of connections to this database besides the store's.
  public func pool(size: Int = 2, _ change: (inout PostgresConfiguration) -> Void = { _ in }) -> PostgresPool {
    var changed = configuration
    change(&changed)
    return PostgresPool(changed, size: size)
  }

  /// From now on the server lets nobody into this database, and those who are in are out.
  public func refuseConnections() async throws { try await TestServer.shared.close(configuration.database) }

  private func close(_ server: TestServer) async throws {
    await store.pool.close()
    // A task of its own: a test that was cancelled, or whose time is up, leaves no database behind.
    try await Task { try await server.dropDatabase(configuration.database) }.value
  }
}

/// The server of `TEST_DATABASE_URL`, and the template that it keeps for the run.
private actor TestServer {
  /// One for the process: its template is made once.
  static var shared: TestServer { get throws { try instance.get() } }
  private static let instance = Result { try TestServer() }

  private let server: PostgresConfiguration
  private let pool: PostgresPool
  private var template: Task<String, any Error>?
  private var count = 0
  /// Databases that are lent now, and the tests that wait for one to come back: Swift Testing starts all tests at once, and
  /// their connections together must stay below the server's limit.
  private var lent = 0
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private static let mostLent = 24

  private init() throws {
    let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] ?? ""
    guard let server = PostgresConfiguration(url: url) else { throw TestDatabaseError() }
    self.server = server
    pool = PostgresPool(server, size: 4, patience: .seconds(120))
  }

  func createDatabase(_ content: TestDatabase.Content) async throws -> PostgresConfiguration {
    await enter()
    do {
      return try await create(content)
    } catch {
      leave()
      throw error
    }
  }

  private func create(_ content: TestDatabase.Content) async throws -> PostgresConfiguration {
    count += 1
    let name = "test_\(ProcessInfo.processInfo.processIdentifier)_\(count)"
    let source: String
    switch content {
    case .schema: source = try await templateName()
    case .nothing: source = "template0"
    }
    try await run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    try await run("CREATE DATABASE \(name) TEMPLATE \(source)")
    return configuration(of: name)
  }

  func dropDatabase(_ name: String) async throws {
    defer { leave() }
    try await run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
  }

  func close(_ name: String) async throws {
    try await run("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
    try await closeConnections(to: name)
  }

  private func enter() async {
    if lent < Self.mostLent {
      lent += 1
    } else {
      await withCheckedContinuation { waiters.append($0) }
    }
  }

  /// Hands the place to the next one, if any waits.
  private func leave() {
    if waiters.isEmpty { lent -= 1 } else { waiters.removeFirst().resume() }
  }

  /// The template's name tells the process, so that two runs on one server don't share what one of them drops.
  private func templateName() async throws -> String {
    if let template { return try await template.value }
    let name = "test_\(ProcessInfo.processInfo.processIdentifier)_template"
    let making = Task {
      try await run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
      try await run("CREATE DATABASE \(name) TEMPLATE template0")
      let store = Store(configuration(of: name), connections: 1)
      try await store.migrator.migrate()
      await store.pool.close()
      try await closeConnections(to: name)
      return name
    }
    template = making
    return try await making.value
  }

  /// A template may have no connection; one that was closed a moment ago may still be leaving.
  private func closeConnections(to name: String) async throws {
    try await pool.query(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", [.text(name)])
  }

  private func configuration(of database: String) -> PostgresConfiguration {
    var configuration = server
    configuration.database = database
    return configuration
  }

  private func run(_ statement: String) async throws {
    try await pool.withConnection { try await $0.script(statement) }
  }
}

/// There is no server to make databases on.
public struct TestDatabaseError: Error, CustomStringConvertible {
  public var description: String {
    "TEST_DATABASE_URL is not set, or is not like postgres://user:password@host:port/database; `make test` starts a "
      + "PostgreSQL and sets it"
  }
}
