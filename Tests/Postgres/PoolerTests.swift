import Postgres
import TestKit
import Testing

@Suite("Through pgbouncer in transaction mode", .timeLimit(.minutes(2)))
struct PoolerTests {
  @Test("connections that share a session do the same statements, pipelines, copies and transactions at the same time")
  func sharing() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.query("CREATE TABLE t (n bigint PRIMARY KEY)")
      try await Pooler.with(of: database, sessions: 2) { pooler in
        let pool = PostgresPool(pooler.configuration, size: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number: Int64 in 0..<40 {
            group.addTask {
              try await pool.query("INSERT INTO t VALUES ($1)", [.int(number * 10)])
              try await pool.pipeline([
                PostgresQuery("INSERT INTO t VALUES ($1)", [.int(number * 10 + 1)]),
                PostgresQuery("INSERT INTO t VALUES ($1 + 1)", [.int(number * 10 + 1)]),
              ])
              try await pool.transaction { connection in
                try connection.query("INSERT INTO t VALUES ($1)", [.int(number * 10 + 3)])
                _ = try connection.copy("COPY t FROM STDIN (FORMAT binary)", rows: [[.int(number * 10 + 4)]])
              }
            }
          }
          try await group.waitForAll()
        }
        #expect(try await pool.query("SELECT count(*), sum(n % 10) FROM t")[0].int(0) == 200)
        await pool.close()
      }
    }
  }

  @Test("a transaction has the limits and the time zone of a session of our own, and leaves none behind")
  func limits() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await Pooler.with(of: database, sessions: 1) { pooler in
        let pool = PostgresPool(pooler.configuration, size: 1)
        let settings: SQL = """
          SELECT current_setting('statement_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout')
            || ' ' || current_setting('timezone')
          """
        let before = try await pool.query(settings)[0].text(0)
        #expect(try await pool.transaction { try $0.query(settings)[0].text(0) } == "30s 10s UTC")
        #expect(try await pool.query(settings)[0].text(0) == before)
        #expect(before.hasPrefix("0 0 "))
        await pool.close()
      }
    }
  }

  @Test("without the setting the error names the variable")
  func unset() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await Pooler.with(of: database, sessions: 1) { pooler in
        var configuration = pooler.configuration
        configuration.usesPreparedStatements = true
        let connection = PostgresConnection(configuration)
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
        let text = error?.description ?? ""
        #expect(text.contains("DATABASE_PREPARED_STATEMENTS=false"), "\(text)")
      }
    }
  }
}
