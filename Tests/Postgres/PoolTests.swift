import Postgres
import TestKit
import Testing

@Suite("The pool")
struct PoolTests {
  @Test("no more connections are open than its size, and all callers are served")
  func bounded() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 3)
      let processes = try await withThrowingTaskGroup(of: Int64.self) { group in
        for _ in 0..<40 { group.addTask { try await pool.query("SELECT pg_backend_pid()::bigint")[0].int(0) } }
        return try await group.reduce(into: [Int64]()) { $0.append($1) }
      }
      #expect(processes.count == 40)
      #expect(Set(processes).count <= 3)
      #expect(await pool.usage.lent == 0)
    }
  }

  @Test("a caller that finds all connections lent gets an error after its patience, and the pool goes on")
  func exhausted() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = PostgresPool(database.configuration, size: 1, patience: .milliseconds(20))
      let error = try await pool.withConnection { _ in
        await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
      }
      #expect(error?.kind == .exhausted)
      #expect(error?.isOutage == true)
      #expect(try await pool.query("SELECT 1").count == 1)
    }
  }

  @Test("a cancelled caller stops waiting for a connection")
  func cancelledWaiter() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 1)
      try await pool.withConnection { _ in
        let waiter = Task { try await pool.query("SELECT 1") }
        try await waitUntil("the caller waits") { await pool.usage.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(await pool.usage.waiting == 0)
      }
    }
  }

  @Test("a connection that comes back with a transaction open is not lent again")
  func openTransaction() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 1)
      try await pool.query("CREATE TABLE t (n bigint)")
      try await pool.withConnection { connection in
        try await connection.query("BEGIN")
        try await connection.query("INSERT INTO t VALUES (1)")
      }
      #expect(try await pool.query("SELECT count(*) FROM t")[0].int(0) == 0)
    }
  }

  @Test("when the server ends all connections the pool serves again by itself")
  func recovers() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 2)
      try await pool.check()
      try await database.store.pool.query(
        """
        SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        """)
      try await waitUntil("the pool serves") {
        do {
          try await pool.check()
          return true
        } catch let error as PostgresError {
          #expect(error.isOutage)
          return false
        }
      }
    }
  }

  @Test("a server that is away is reported as an outage at every try")
  func away() async throws {
    let silent = try SilentServer()
    let port = silent.port
    silent.close()
    let pool = PostgresPool(PostgresConfiguration(host: "127.0.0.1", port: port, user: "u", database: "d"))
    for _ in 0..<3 {
      let error = await #expect(throws: PostgresError.self) { try await pool.check() }
      #expect(error?.kind == .connection)
      #expect(error?.remedy == "check that PostgreSQL runs and that host and port are right")
    }
  }
}
