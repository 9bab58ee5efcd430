import TestKit
import Testing

extension Faults {
  @Suite("Feed workers")
  struct FeedFaults {
    @Test(
      "of two feed workers the one that leads is killed: the other has the feed within 5 s, without a gap or a double")
    func takeOver() async throws {
      try await TestDatabase.with { database in
        try await PrivateRedis.with { redis in
          try await FeedFleet.with(database, redis) { fleet in
            try await fleet.start()
            for _ in 1...FaultScale.repetitions(20) {
              try await fleet.start()
              let time = try await fleet.killLeader()
              print("a feed worker was replaced after \(time)")
              if FaultScale.isChaos { #expect(time <= .seconds(5)) }
            }
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
