import ChildProcesses
import Foundation
import TestKit
import Testing

extension Faults {
  @Suite("Workers that lead")
  struct LeaderFaults {
    @Test("F24: of two checkpoint workers one is frozen in mid-checkpoint, and each period has one checkpoint")
    func checkpoints() async throws {
      try await FaultRig.with { rig in
        let name = "F24 two checkpoint workers, one frozen"
        try await rig.fleet.start(1)
        for round in 1...FaultScale.repetitions(5) {
          let before = try await rig.count("SELECT count(*) FROM checkpoints")
          // From round to round shorter periods: there is always more to do.
          let interval = String(1_200 / round)
          let sleeper = try Self.keeper(rig, interval, ["FAIL_POINTS": "checkpoint.before-commit=freeze@3"])
          try await rig.work.publish("H\(round)", tasks: 200)
          try await waitUntil("it is frozen") { sleeper.isFrozen }
          let other = try Self.keeper(rig, interval)
          try await waitUntil("the other one goes on") {
            try await rig.count("SELECT count(*) FROM checkpoints") > before
          }
          try await rig.work.waitUntilScored(name)
          sleeper.signal(SIGCONT)
          try await waitUntil("both are idle: nothing is left to count") {
            try await rig.count(
              """
              SELECT count(*) FROM seal_state, (SELECT max(period_end) AS at FROM checkpoints) newest
              WHERE sealed_until - newest.at < $1 * interval '1 second'
              """, [.double(Double(1_200 / round))]) == 1
          }
          await sleeper.stop()
          await other.stop()
          rig.ledger.experiments(name)
          rig.ledger.restarts(2)
          try await rig.scoredAndSound(name)
        }
      }
    }

    @Test(
      "F24: of two score workers the one that leads is frozen before and after a seal, and each bucket is sealed once")
    func seals() async throws {
      let name = "F24 the score leader frozen around a seal"
      for point in ["leader.before-seal", "leader.after-seal"] {
        try await FaultRig.with { rig in
          let leader = try rig.fleet.add(["FAIL_POINTS": "\(point)=freeze@1"])
          try await rig.work.publish("G", tasks: 100)
          try await waitUntil("the leader is frozen") { leader.process.isFrozen }
          try await rig.fleet.start(1)
          try await rig.work.waitUntilScored(name)
          try await waitUntil("the other one seals") {
            try await rig.count("SELECT count(*) FROM snapshots WHERE sealed_at IS NOT NULL") >= 500
          }
          let before = try await rig.texts("SELECT n::text FROM snapshots n WHERE sealed_at IS NOT NULL ORDER BY id")
          leader.process.signal(SIGCONT)
          try await rig.work.publish("H", tasks: 100)
          try await rig.work.waitUntilScored(name)
          leader.process.signal(SIGTERM)
          try await leader.process.mustHaveDrained()
          let after = try await rig.texts("SELECT n::text FROM snapshots n WHERE sealed_at IS NOT NULL ORDER BY id")
          #expect(Set(before).isSubset(of: after), "a sealed snapshot changed")
          rig.ledger.experiments(name)
          rig.ledger.restarts()
          try await rig.audit(name)
        }
      }
    }

    @Test("F24: of two predict workers the one that leads is frozen, the other goes on, and each slot is asked once")
    func predictions() async throws {
      try await FaultRig.with(variables: ["GROUND_TRUTH_GRACE_SECONDS": "5"]) { rig in
        let name = "F24 two predict workers, one frozen"
        try await rig.fleet.start(1)
        try await LiveCompetition.with(rig) { competition in
          for _ in 1...FaultScale.repetitions(5) {
            let sleeper = try competition.predictWorker(["FAIL_POINTS": "predict.before-commit=freeze@3"])
            try await waitUntil("it is frozen; it said: \(sleeper.lines.suffix(5))") { sleeper.isFrozen }
            let other = try competition.predictWorker()
            try await competition.waitForSlots(10, "the other one goes on")
            sleeper.signal(SIGCONT)
            try await competition.waitForSlots(10, "both are awake")
            for worker in [sleeper, other] { worker.signal(SIGTERM) }
            for worker in [sleeper, other] { try await worker.mustHaveDrained() }
            try await rig.work.waitUntilScored(name)
            let workers = try await rig.count("SELECT count(DISTINCT worker) FROM prediction_slots")
            #expect(workers >= 2)
            rig.ledger.experiments(name)
            rig.ledger.restarts(2)
            try await rig.audit(name)
          }
        }
      }
    }

    private static func keeper(
      _ rig: FaultRig, _ interval: String, _ variables: [String: String] = [:]
    ) throws -> RunningProcess {
      var environment: [String: String?] = [
        "DATABASE_URL": rig.databaseURL, "REDIS_URL": rig.redis.url, "CHECKPOINT_INTERVAL_SECONDS": interval,
      ]
      for (name, value) in variables { environment[name] = value }
      return RunningProcess(
        ChildProcess(executable: try Executables.products + "/checkpoint-worker", environment: environment))
    }
  }
}
