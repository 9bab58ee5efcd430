import TestKit
import Testing

extension EndToEnd {
  @Suite("Two feed workers of one feed")
  struct FeedTakeOverTests {
    @Test("the one that leads is killed, the other goes on: no record is missing, wrong or told twice")
    func killed() async throws {
      try await TestDatabase.with { database in
        try await PrivateRedis.with { redis in
          try await FeedFleet.with(database, redis) { fleet in
            for _ in 0..<2 { try await fleet.start() }
            let time = try await fleet.killLeader()
            print("a feed worker was replaced after \(time)")
            let faults = try await fleet.faults()
            #expect(faults.missing == [])
            #expect(faults.wrong == [])
            #expect(faults.twice == [])
          }
        }
      }
    }
  }
}
