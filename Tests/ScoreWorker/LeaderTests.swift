import ServiceKit
import ServiceLifecycle
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Who leads", .timeLimit(.minutes(3)))
struct LeaderTests {
  private func group(_ bench: ScoreBench, _ name: String) -> ServiceGroup {
    let duty = Duty(
      Leader.leaseName, holder: name, store: Store(pool: bench.database.pool { $0.applicationName = name }),
      activity: bench.activity, logger: bench.logger)
    let leader = Leader(duty: duty, duties: bench.duties(name), logger: bench.logger)
    return ServiceGroup(services: [leader], logger: bench.logger)
  }

  private func holder(_ bench: ScoreBench) async throws -> String? {
    try await bench.store.leases.holder(of: Leader.leaseName)
  }

  @Test("one of several leads; when it drains it lets go and another goes on")
  func handOver() async throws {
    try await ScoreBench.with { bench in
      let groups = ["one": group(bench, "one"), "two": group(bench, "two")]
      let running = groups.values.map { group in Task { try await group.run() } }
      try await waitUntil("one leads") { try await holder(bench) != nil }
      let first = try #require(try await holder(bench))
      await groups[first]?.triggerGracefulShutdown()
      try await waitUntil("the other leads") {
        let now = try await holder(bench)
        return now != nil && now != first
      }
      for group in groups.values { await group.triggerGracefulShutdown() }
      for task in running { try await task.value }
      #expect(try await holder(bench) == nil)
    }
  }

  @Test("who leads does the duties, who does not leaves them alone")
  func duties() async throws {
    try await ScoreBench.with { bench in
      #expect(try await bench.store.leases.acquire(name: Leader.leaseName, holder: "other", seconds: 3_600))
      try await bench.addTask("one")
      let group = group(bench, "one")
      let running = Task { try await group.run() }
      var asked: Set<Int64> = []
      try await waitUntil("the lease is asked for again and again") {
        let rows = try await bench.store.pool.query(
          """
          SELECT query_start FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'one' AND query LIKE 'INSERT INTO leases%'
          """)
        for row in rows { asked.insert(try row.time(0)) }
        return asked.count >= 3
      }
      #expect(try await bench.bus.status().delayed == 0)
      try await bench.store.leases.release(name: Leader.leaseName, holder: "other")
      try await waitUntil("the sweep of the new leader") { try await bench.bus.status().delayed == 1 }
      await group.triggerGracefulShutdown()
      try await running.value
    }
  }
}
