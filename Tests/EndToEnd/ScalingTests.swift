import TestKit
import Testing

extension EndToEnd {
  @Suite("Score workers that share the work")
  struct ScalingTests {
    @Test("score every prediction exactly once, in fair shares", arguments: [2, 4])
    func shared(workers: Int) async throws {
      try await ScoreFleet.with(workers) { fleet in
        let tasks = 400 * workers
        try await fleet.addWork(tasks: tasks)
        let store = fleet.database.store
        try await waitUntil("all predictions have ended") {
          try await store.predictions.countByStatus() == [.scored: 5 * tasks]
        }
        #expect(try await store.pool.query("SELECT count(*) FROM scores")[0].int(0) == Int64(5 * tasks))
        let findings = try await Audit.findings(store)
        #expect(findings == [])
        let shares = try await fleet.scoresByWorker()
        #expect(shares.reduce(0, +) == 5 * tasks)
        let (least, most) = (Double(shares.min() ?? 0), Double(shares.max() ?? 0))
        #expect(most <= 1.5 * least, "shares: \(shares)")
      }
    }
  }
}
