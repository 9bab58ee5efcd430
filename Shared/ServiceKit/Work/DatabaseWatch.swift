import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Says in the metrics whether this process reaches PostgreSQL.
struct DatabaseWatch: Service {
  let pool: PostgresPool

  static let pause: Duration = .seconds(5)

  func run() async throws {
    let meter = Meter(label: "coordinator_database_up")
    while !Task.isShuttingDownGracefully {
      try Task.checkCancellation()
      if let isUp = try await Self.look(pool) { meter.set(isUp ? 1 : 0) }
      await rest(Self.pause)
    }
  }

  /// nil when all connections were busy, which says nothing about the server.
  static func look(_ pool: PostgresPool) async throws -> Bool? {
    do {
      try await pool.check()
      return true
    } catch let error as PostgresError {
      return error.kind == .exhausted ? nil : false
    }
  }
}
