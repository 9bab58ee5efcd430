import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite("The look at PostgreSQL", .timeLimit(.minutes(2)))
struct DatabaseWatchTests {
  @Test("says whether it answers, and nothing while all connections are busy")
  func looks() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = PostgresPool(database.configuration, size: 1, patience: .milliseconds(50))
      #expect(try await DatabaseWatch.look(pool) == true)
      let whileBusy = try await pool.withConnection { _ in try await DatabaseWatch.look(pool) }
      #expect(whileBusy == nil)
      try await database.refuseConnections()
      #expect(try await DatabaseWatch.look(pool) == false)
      await pool.close()
    }
  }
}
