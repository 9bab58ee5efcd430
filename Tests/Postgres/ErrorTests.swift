import Postgres
import TestKit
import Testing

@Suite("Errors")
struct ErrorTests {
  private func failure(
    of pool: PostgresPool, _ sql: SQL, _ parameters: [PostgresParameter] = []
  ) async throws -> PostgresError {
    try #require(await #expect(throws: PostgresError.self) { try await pool.query(sql, parameters) })
  }

  @Test("a violated constraint is named, the values are not")
  func constraint() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.store.pool
      try await pool.query("CREATE TABLE secret (word text CONSTRAINT secret_once PRIMARY KEY)")
      try await pool.query("INSERT INTO secret VALUES ($1)", [.text("geheim")])
      let error = try await failure(of: pool, "INSERT INTO secret VALUES ($1)", [.text("geheim")])
      #expect(error.sqlState == "23505")
      #expect(error.constraint == "secret_once")
      #expect(!error.isOutage)
      #expect(!"\(error)".contains("geheim"))
    }
  }

  @Test("a value that the server refuses is not repeated in the error")
  func dataException() async throws {
    try await TestDatabase.with(.nothing) { database in
      let error = try await failure(of: database.store.pool, "SELECT $1::text::integer", [.text("geheim")])
      #expect(error.sqlState == "22P02")
      #expect(error.message == "invalid input syntax for type integer")
    }
  }

  @Test("a missing table says to migrate")
  func remedy() async throws {
    try await TestDatabase.with(.nothing) { database in
      let error = try await failure(of: database.store.pool, "SELECT * FROM nowhere")
      #expect(error.sqlState == "42P01")
      #expect("\(error)".hasSuffix("[42P01]; run `coordinator db migrate`"))
    }
  }

  @Test("a database that is not there is an outage, told without user's password")
  func noDatabase() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool {
        $0.database = "no_such_database"
        $0.password = "geheim"
      }
      let error = try await failure(of: pool, "SELECT 1")
      #expect(error.kind == .connection)
      #expect(error.sqlState == "3D000")
      #expect(error.remedy == "create the database, or correct its name")
      #expect(!"\(error)".contains("geheim"))
    }
  }

  @Test("a server that accepts and stays silent is given up after the connect timeout")
  func silentServer() async throws {
    let silent = try SilentServer()
    defer { silent.close() }
    var configuration = PostgresConfiguration(
      host: "127.0.0.1", port: silent.port, user: "u", password: "geheim", database: "d")
    configuration.connectTimeout = 0.2
    let error = try await failure(of: PostgresPool(configuration), "SELECT 1")
    #expect(error.kind == .connection)
    #expect(error.message == "the server did not answer within 0.2 s")
    #expect(error.isOutage)
  }

  @Test("a statement that takes too long is ended by the server and the connection goes on")
  func statementTimeout() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.pool(size: 1) { $0.statementTimeout = 0.1 }
      let error = try await failure(of: pool, "SELECT pg_sleep(60)")
      #expect(error.kind == .timeout)
      #expect(error.sqlState == "57014")
      #expect(try await pool.query("SELECT 1")[0].intIfPresent(0) == 1)
    }
  }
}
