import Postgres
import TestKit
import Testing

@Suite("TLS to PostgreSQL", .timeLimit(.minutes(2)))
struct TLSTests {
  @Test("verify-full lets in the server that its authority vouches for, and no other")
  func verified() async throws {
    try await PrivatePostgres.with { server, _ in
      let authority = try await TestAuthority.make()
      let stranger = try await TestAuthority.make()
      try await server.requireTLS(authority)
      func configuration(_ options: String) throws -> PostgresConfiguration {
        try #require(PostgresConfiguration(url: "postgres://coordinator@localhost:\(server.port)/postgres?\(options)"))
      }
      let encrypted: SQL = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
      let trusted = PostgresConnection(try configuration("sslmode=verify-full&sslrootcert=\(authority.authority)"))
      #expect(try await trusted.query(encrypted)[0].bool(0))

      for root in [stranger.authority, "/nowhere.pem"] {
        let connection = PostgresConnection(try configuration("sslmode=verify-full&sslrootcert=\(root)"))
        let error = await #expect(throws: PostgresError.self) { try await connection.query(encrypted) }
        #expect(error?.kind == .connection)
        #expect(error?.description.contains("POSTGRES_SSLROOTCERT") == true, "\(error?.description ?? "")")
      }
      let plain = PostgresConnection(try configuration("sslmode=disable"))
      let error = await #expect(throws: PostgresError.self) { try await plain.query(encrypted) }
      #expect(error?.description.contains("no encryption") == true, "\(error?.description ?? "")")
    }
  }

  @Test("a mode that libpq does not know is refused")
  func unknownMode() { #expect(PostgresConfiguration(url: "postgres://h/d?sslmode=full") == nil) }
}
