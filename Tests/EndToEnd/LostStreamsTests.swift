import Competition
import Postgres
import Redis
import TestKit
import Testing

extension EndToEnd {
  @Suite("A Redis that loses everything")
  struct LostStreamsTests {
    @Test("costs at most ten seconds, and no prediction")
    func flushed() async throws {
      try await RunningNode.with { node in
        try await node.waitUntilScoring()
        let flushed = try await node.database.store.now()
        try await RedisConnection(node.redis.configuration, name: "test").send(RedisCommand("FLUSHALL"))
        try await waitUntil("predictions made after the loss are scored") {
          try await node.count(
            "SELECT count(*) FROM predictions WHERE status = 'SCORED' AND performed_at > $1",
            [.time(flushed.microseconds)]) > 10
        }
        // Until then also those that were waiting when their tasks were lost.
        let late = try await node.count(
          """
          SELECT count(*) FROM predictions p LEFT JOIN scores s ON s.prediction_id = p.id
          WHERE p.performed_at <= $1 AND p.resolvable_at > $1 AND p.status <> 'FAILED'
            AND p.resolvable_at + interval '10 seconds' < coalesce(s.scored_at, clock_timestamp())
          """, [.time(flushed.microseconds)])
        #expect(late == 0)
        #expect(try await node.interrupt().exitCode == 0)
        let findings = try await node.database.store.audit.violations(atRest: true)
        #expect(findings == [])
      }
    }
  }
}
