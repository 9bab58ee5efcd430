import Foundation
import Postgres
import TestKit
import Testing

extension EndToEnd {
  @Suite("A worker that is killed")
  struct KilledWorkerTests {
    /// What shows that a worker does its work.
    private struct Work {
      var worker: String
      var sign: SQL
    }

    private static let work = [
      Work(worker: "feed-data-worker", sign: "SELECT count(*) FROM feed_records"),
      Work(worker: "predict-worker", sign: "SELECT count(*) FROM prediction_slots WHERE answered_at IS NOT NULL"),
      Work(worker: "score-worker", sign: "SELECT count(*) FROM scores"),
      Work(worker: "checkpoint-worker", sign: "SELECT count(*) FROM checkpoints"),
      Work(worker: "model-orchestrator", sign: "SELECT count(*) FROM predictions WHERE status = 'SCORED'"),
    ]

    @Test("starts again and goes on, and no prediction is lost and none scored twice")
    func killed() async throws {
      try await RunningNode.with(variables: ["CHECKPOINT_INTERVAL_SECONDS": "5", "BUS_LEASE_SECONDS": "2"]) { node in
        try await node.waitUntilScoring()
        for work in Self.work {
          let first = try #require(try node.workers()[work.worker])
          kill(first, SIGKILL)
          try await waitUntil("\(work.worker) starts again") {
            guard let pid = try node.workers()[work.worker] else { return false }
            return pid != first && SystemProcess.isAlive(pid)
          }
          let before = try await node.count(work.sign)
          try await waitUntil("\(work.worker) goes on") { try await node.count(work.sign) > before + 1 }
        }
        let reporter = try #require(try node.workers()["report-worker"])
        kill(reporter, SIGKILL)
        try await waitUntil("the report API answers again") {
          guard try node.workers()["report-worker"] != reporter else { return false }
          do { return try await node.report("/healthz")["status"]?.string == "ok" } catch { return false }
        }
        #expect(try await node.interrupt().exitCode == 0)
        let findings = try await node.database.store.audit.violations(atRest: true)
        #expect(findings == [])
      }
    }
  }
}
