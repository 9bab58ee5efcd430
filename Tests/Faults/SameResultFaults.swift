import ChildProcesses
import Competition
import Foundation
import Postgres
import Store
import TestKit
import Testing

extension Faults {
  @Suite("A run with faults and one without")
  struct SameResultFaults {
    /// What comes of a run, row by row as text.
    private struct Outcome: Sendable, Equatable {
      var snapshots: [String] = []
      var leaderboard: [String] = []
      var checkpoints: [String] = []
    }

    private static let tasks = 1_500
    private static let checkpoints = 2

    @Test("I5: 1, 8, 1 workers and random kills end with the same rows, bit for bit, as one worker without a fault")
    func same() async throws {
      // Long enough ago that all buckets can be sealed, and that every window of the leaderboard holds all of them whenever
      // the run takes place.
      let anyNow = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
      let end = anyNow.floored(toSeconds: 60).adding(seconds: -600)
      let calm = try await Self.outcome(end) { rig in
        try await rig.fleet.start(1)
        try await rig.work.waitUntilScored("a calm run")
      }
      let stormy = try await Self.outcome(end) { rig in
        var dice = SeededGenerator.announced("I5", variable: "FAULT_SEED")
        let variables = ["FAIL_POINTS": "score.mid-score=delay:10ms"]
        try await rig.fleet.start(1, variables)
        try await rig.fleet.start(7, variables)
        for _ in 0..<FaultScale.value(40, else: 10) {
          guard try await rig.work.unfinished() > 0, let victim = rig.fleet.workers.randomElement(using: &dice)
          else { break }
          victim.process.signal(SIGKILL)
          _ = try await victim.process.ending
          rig.fleet.forget([victim])
          try await rig.fleet.start(1, variables)
          rig.ledger.kills()
          rig.ledger.restarts()
        }
        let leavers = Array(rig.fleet.workers.dropLast())
        for worker in leavers { worker.process.signal(SIGTERM) }
        for worker in leavers { _ = try await worker.process.ending }
        rig.fleet.forget(leavers)
        try await rig.work.waitUntilScored("a stormy run")
      }
      #expect(calm.snapshots.count > 500)
      #expect(calm.checkpoints.count == Self.checkpoints)
      #expect(calm.leaderboard.count == 1)
      #expect(stormy.snapshots == calm.snapshots)
      #expect(stormy.leaderboard == calm.leaderboard)
      #expect(stormy.checkpoints == calm.checkpoints)
      FaultLedger.shared.experiments("I5 1, 8, 1 workers with kills against one without")
    }

    private static func outcome(
      _ end: Timestamp, _ run: @escaping @Sendable (FaultRig) async throws -> Void
    ) async throws -> Outcome {
      try await TestDatabase.with { database in
        try await PrivateRedis.with { redis in
          try await ScoreFleet.with(
            databaseURL: database.url, redisURL: redis.url,
            variables: ["BUS_LEASE_SECONDS": String(Faults.leaseSeconds), "DRAIN_SECONDS": "1"]
          ) { fleet in
            let work = try await ScoreWorkload(database.store, redis.configuration, end: end)
            let rig = FaultRig(
              store: database.store, databaseURL: database.url, redis: redis, fleet: fleet, work: work)
            try await work.publish("I", tasks: tasks)
            try await run(rig)
            return try await result(rig)
          }
        }
      }
    }

    /// Waits for the last seal, the leaderboard of it and the checkpoints.
    private static func result(_ rig: FaultRig) async throws -> Outcome {
      let keeper = RunningProcess(
        ChildProcess(
          executable: try Executables.products + "/checkpoint-worker",
          environment: [
            "DATABASE_URL": rig.databaseURL, "REDIS_URL": rig.redis.url, "CHECKPOINT_INTERVAL_SECONDS": "3600",
          ]))
      try await waitUntil("everything is sealed and in checkpoints") {
        let open = try await rig.count("SELECT count(*) FROM snapshots WHERE checkpoint_id IS NULL")
        let made = try await rig.count("SELECT count(*) FROM checkpoints")
        return open == 0 && made == checkpoints
      }
      // The leaderboard that counts every snapshot.
      try await waitUntil("the leaderboard has not changed for 2 s") {
        try await rig.count(
          """
          SELECT count(*) FROM (SELECT max(created_at) AS at FROM leaderboards) newest
          WHERE at < clock_timestamp() - interval '2 seconds'
            AND at >= (SELECT max(sealed_at) FROM snapshots) - interval '5 minutes'
          """) == 1
      }
      await keeper.stop()
      try await rig.audit("a run to compare")
      return Outcome(
        snapshots: try await rig.texts(
          """
          SELECT concat_ws(' ', id, model_id, period_start, period_end, prediction_count, result_summary_jsonb)
          FROM snapshots ORDER BY id COLLATE "C"
          """),
        leaderboard: try await rig.texts(
          "SELECT entries_jsonb::text FROM leaderboards ORDER BY created_at DESC LIMIT 1"),
        checkpoints: try await rig.texts(
          """
          SELECT concat_ws(' ', id, period_start, period_end, entries_jsonb, meta_jsonb) FROM checkpoints
          ORDER BY period_end
          """))
    }
  }
}

extension FaultRig {
  /// The first column of all rows.
  func texts(_ statement: SQL) async throws -> [String] {
    try await store.pool.query(statement).map { try $0.text(0) }
  }
}
