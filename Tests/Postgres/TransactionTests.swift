import Postgres
import TestKit
import Testing

@Suite("Transactions")
struct TransactionTests {
  struct Refusal: Error {}

  private func withTable(_ body: @Sendable (PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.query("CREATE TABLE t (n bigint PRIMARY KEY)")
      try await body(database.store.pool)
    }
  }

  private func expectRows(_ expected: Int64, _ pool: PostgresPool) async throws {
    let count = try await pool.query("SELECT count(*) FROM t")[0].int(0)
    #expect(count == expected)
  }

  @Test("what a transaction did is there when it returns, and gone when it throws")
  func commitAndRollback() async throws {
    try await withTable { pool in
      try await pool.transaction { connection in
        try connection.query("INSERT INTO t VALUES (1)")
        try connection.query("INSERT INTO t VALUES (2)")
      }
      try await expectRows(2, pool)
      await #expect(throws: Refusal.self) {
        try await pool.transaction { connection in
          try connection.query("INSERT INTO t VALUES (3)")
          throw Refusal()
        }
      }
      try await expectRows(2, pool)
    }
  }

  @Test("a transaction whose failed statement was kept quiet does not claim to have committed")
  func quietFailure() async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction { connection in
          try connection.query("INSERT INTO t VALUES (1)")
          _ = Result { try connection.query("INSERT INTO t VALUES (1)") }
        }
      }
      #expect(error?.sqlState == "25P02")
      try await expectRows(0, pool)
    }
  }

  @Test("a connection that breaks inside a transaction is not replaced before its end")
  func brokenInside() async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction { connection in
          try connection.query("INSERT INTO t VALUES (1)")
          _ = Result { try connection.query("SELECT pg_terminate_backend(pg_backend_pid())") }
          try connection.query("INSERT INTO t VALUES (2)")
        }
      }
      #expect(error?.kind == .connection)
      try await expectRows(0, pool)
    }
  }

  @Test("a transaction whose process says nothing loses its locks, and can't commit what it did")
  func frozen() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.query("CREATE TABLE t (n bigint PRIMARY KEY)")
      let freezing = database.pool(size: 1) { $0.idleTransactionTimeout = 0.05 }
      let error = await #expect(throws: PostgresError.self) {
        try await freezing.transaction { connection in
          try connection.query("INSERT INTO t VALUES (1)")
          let process = try connection.query("SELECT pg_backend_pid()::bigint")[0].int(0)
          try await waitUntil("the server ends the transaction") {
            try await database.store.pool.query(
              "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int", [.int(process)]
            ).isEmpty
          }
        }
      }
      #expect(error?.kind == .connection)
      try await expectRows(0, database.store.pool)
      try await expectRows(0, freezing)
    }
  }

  @Test("a transaction inside a transaction is refused")
  func nested() async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction { connection in try await connection.transaction { _ in } }
      }
      #expect(error?.sqlState == "25001")
    }
  }
}
