import Postgres
import TestKit
import Testing

@Suite("A connection")
struct ConnectionTests {
  @Test("a connection that the server ended fails the statement that met it, and the next one connects anew")
  func reconnects() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      let process = try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0)
      try await database.store.pool.query("SELECT pg_terminate_backend($1::int, 30000)", [.int(process)])
      let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
      #expect(error?.kind == .connection)
      #expect(try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0) != process)
    }
  }

  @Test("a pipeline is one transaction: when one statement fails none has an effect, and the connection goes on")
  func pipelineIsAtomic() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      try await connection.query("CREATE TABLE t (n bigint PRIMARY KEY)")
      let insert: SQL = "INSERT INTO t VALUES ($1)"
      let error = await #expect(throws: PostgresError.self) {
        try await connection.pipeline([
          PostgresQuery(insert, [.int(1)]), PostgresQuery(insert, [.int(1)]), PostgresQuery(insert, [.int(2)]),
        ])
      }
      #expect(error?.sqlState == "23505")
      #expect(try await connection.query("SELECT count(*) FROM t")[0].int(0) == 0)
    }
  }

  @Test("a pipeline answers each statement in order")
  func pipelineAnswers() async throws {
    try await TestDatabase.with(.nothing) { database in
      let double: SQL = "SELECT $1::bigint * 2"
      let answers = try await database.store.pool.pipeline((1...300).map { PostgresQuery(double, [.int($0)]) })
      #expect(try answers.map { try $0[0].int(0) } == (1...300).map { $0 * 2 })
    }
  }

  @Test("a pipeline larger than the socket's buffers does not get stuck")
  func bigPipeline() async throws {
    try await TestDatabase.with(.nothing) { database in
      let text = String(repeating: "x", count: 400_000)
      let answers = try await database.store.pool.pipeline(
        (1...20).map { _ in PostgresQuery("SELECT $1 || 'y'", [.text(text)]) })
      #expect(try answers.allSatisfy { try $0[0].text(0).utf8.count == 400_001 })
    }
  }

  @Test("a statement is prepared once", arguments: [true, false])
  func preparedStatements(isPrepared: Bool) async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 1) { $0.usesPreparedStatements = isPrepared }
      for number: Int64 in 1...3 {
        #expect(try await pool.query("SELECT $1::bigint + 1", [.int(number)])[0].int(0) == number + 1)
      }
      let count = try await pool.query("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%+ 1'")[0]
      #expect(try count.int(0) == (isPrepared ? 1 : 0))
    }
  }

  @Test("a prepared statement that a migration outdated is prepared anew")
  func outdatedStatement() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      try await connection.script("CREATE TABLE t (a bigint); INSERT INTO t VALUES (1)")
      #expect(try await connection.query("SELECT * FROM t")[0].int(0) == 1)
      try await database.store.pool.query("ALTER TABLE t ALTER a TYPE text")
      #expect(try await connection.query("SELECT * FROM t")[0].text(0) == "1")
    }
  }

  @Test("COPY takes many rows of all types in binary form")
  func copy() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      try await connection.query("CREATE TABLE t (n bigint, word text, at timestamptz, doc jsonb)")
      let rows = (0..<20_000).map { number -> [PostgresParameter] in
        [
          .int(Int64(number)), .text(number % 3 == 0 ? nil : "word \(number)"), .time(Int64(number)),
          .json(Array(#"{"n": \#(number)}"#.utf8)),
        ]
      }
      #expect(try await connection.copy("COPY t FROM STDIN (FORMAT binary)", rows: rows) == 20_000)
      let sums = try await connection.query(
        "SELECT sum(n)::bigint, count(word), sum((doc ->> 'n')::bigint)::bigint FROM t")
      #expect(try sums[0].int(0) == 199_990_000)
      #expect(try sums[0].int(1) == 13_333)
      #expect(try sums[0].int(2) == 199_990_000)
    }
  }

  @Test("a COPY that the server refuses, at its start or at its end, leaves no row and a connection that goes on")
  func refusedCopy() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      try await connection.query("CREATE TABLE t (n bigint PRIMARY KEY)")
      let missing = await #expect(throws: PostgresError.self) {
        try await connection.copy("COPY nowhere FROM STDIN (FORMAT binary)", rows: [[.int(1)]])
      }
      #expect(missing?.sqlState == "42P01")
      let process = try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0)
      let twice = await #expect(throws: PostgresError.self) {
        try await connection.copy("COPY t FROM STDIN (FORMAT binary)", rows: [[.int(1)], [.int(1)]])
      }
      #expect(twice?.sqlState == "23505")
      #expect(try await connection.query("SELECT count(*) FROM t")[0].int(0) == 0)
      #expect(try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0) == process)
    }
  }

  @Test("cancelling a task ends its statement on the server, and the connection goes on")
  func cancellation() async throws {
    try await TestDatabase.with(.nothing) { database in
      let connection = PostgresConnection(database.configuration)
      let process = try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0)
      try await database.store.pool.transaction { holder in
        try holder.query("SELECT pg_advisory_xact_lock(1)")
        let task = Task { try await connection.query("SELECT pg_advisory_lock(1)") }
        let observer = PostgresConnection(database.configuration)
        try await waitUntil("the statement waits for the lock") {
          try await observer.query(
            "SELECT 1 FROM pg_locks WHERE pid = $1::int AND locktype = 'advisory' AND NOT granted", [.int(process)]
          ).count == 1
        }
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.sqlState == "57014")
      }
      #expect(try await connection.query("SELECT pg_backend_pid()::bigint")[0].int(0) == process)
    }
  }

  @Test("a UNIX socket works as a TCP connection does")
  func unixSocket() async throws {
    try await TestDatabase.with(.nothing) { database in
      let folder = try await database.store.pool.query(
        "SELECT coalesce(split_part(current_setting('unix_socket_directories'), ',', 1), '')")[0].text(0)
      guard folder.hasPrefix("/") else { try Test.cancel("the server of the tests has no UNIX socket") }
      let pool = database.pool { $0.host = folder }
      #expect(try await pool.query("SELECT inet_server_addr() IS NULL")[0].bool(0))
    }
  }
}
