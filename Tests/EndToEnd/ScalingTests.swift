import TestKit
import Testing

extension EndToEnd {
  @Suite("Score workers that share the work")
  struct ScalingTests {
    @Test("score every prediction exactly once, in fair shares", arguments: [2, 4])
    func shared(workers: Int) async throws {
      try await TestDatabase.with { database in
        try await PrivateRedis.with { redis in
          try await ScoreFleet.with(
            databaseURL: database.url, redisURL: redis.url,
            // Work that waits and hardly computes, so that the shares show how it is handed out: not who starts first,
            // and not what else the machine does.
            variables: ["FAIL_POINTS": "score.mid-score=delay:25ms"]
          ) { fleet in
            let tasks = 300 * workers
            let work = try await ScoreWorkload(database.store, redis.configuration)
            let members = try await fleet.start(workers)
            try await work.publish("ALL", tasks: tasks)
            try await work.waitUntilScored("a while")
            #expect(try await database.store.predictions.countByStatus() == [.scored: 5 * tasks])
            let findings = try await database.store.audit.violations(atRest: true)
            #expect(findings == [])
            var shares: [Int] = []
            for member in members { shares.append(try await member.metric("coordinator_scores_total")) }
            #expect(shares.reduce(0, +) == 5 * tasks)
            let (least, most) = (Double(shares.min() ?? 0), Double(shares.max() ?? 0))
            #expect(most <= 1.5 * least, "shares: \(shares)")
          }
        }
      }
    }
  }
}
