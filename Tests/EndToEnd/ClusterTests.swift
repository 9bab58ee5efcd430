import Bus
import TestKit
import Testing

extension EndToEnd {
  @Suite("Score workers on a Redis Cluster")
  struct ClusterTests {
    @Test("score every prediction exactly once, also those that wait when the master of their keys dies")
    func failover() async throws {
      try await TestDatabase.with { database in
        try await RedisCluster.with(replicas: 1) { cluster in
          let prefix = "{my-crunch}:"
          try await ScoreFleet.with(
            databaseURL: database.url, redisURL: cluster.url, variables: ["REDIS_KEY_PREFIX": prefix]
          ) { fleet in
            let work = try await ScoreWorkload(database.store, cluster.configuration, keyPrefix: prefix)
            try await fleet.start(2)
            try await work.publish("BEFORE", tasks: 40)
            try await work.waitUntilScored("a while")
            try await work.scheduleLater("WHILE", tasks: 40, seconds: 4)
            try await waitUntil("replicas have it all") { try await cluster.isReplicated() }
            let master = try await cluster.master(of: prefix)
            try await cluster.kill(master)
            try await waitUntil("a replica takes over") { try await cluster.master(of: prefix) != master }
            try await work.waitUntilScored("a failover")
            #expect(try await database.store.predictions.countByStatus() == [.scored: 400])
            let after = try await work.add("AFTER", tasks: 10)
            try await waitUntil("the new master takes work") {
              do {
                try await work.bus.publish(after)
                return true
              } catch is BusError { return false }
            }
            try await work.waitUntilScored("the end")
            let findings = try await database.store.audit.violations(atRest: true)
            #expect(findings == [])
          }
        }
      }
    }
  }
}
