import Foundation
import TestKit
import Testing

extension Faults {
  @Suite("Score workers that are killed")
  struct KilledWorkerFaults {
    /// Where they end: F01 to F05.
    static let points = [
      "score.after-read", "score.mid-score", "score.before-commit", "score.after-commit", "score.before-acknowledge",
    ]

    @Test("F01–F05: wherever a worker is killed, others score what it had within a lease and 2 s")
    func killed() async throws {
      // The survivor is slow, so that the others get something to do.
      try await FaultRig.with { rig in
        try await rig.fleet.start(1, ["FAIL_POINTS": "score.mid-score=delay:20ms"])
        for round in 1...FaultScale.repetitions(100) {
          let doomed = try Self.points.map { point in
            try rig.fleet.add(["FAIL_POINTS": "\(point)=kill@1", "SCORE_CONCURRENCY": "1"])
          }
          var batches = 0
          try await waitUntil("five workers are killed") {
            if try await rig.work.unfinished() < 50 {
              batches += 1
              try await rig.work.publish("K\(round)_\(batches)", tasks: 40)
            }
            return doomed.allSatisfy { $0.process.pid != nil && !$0.isAlive }
          }
          let recovery = try await rig.time("what the killed had is scored") { try await rig.work.unfinished() == 0 }
          rig.fleet.forget(doomed)
          rig.ledger.experiments("F01–F05 kill -9 of a score worker", doomed.count)
          rig.ledger.kills(doomed.count)
          rig.ledger.restarts(doomed.count)
          rig.ledger.recovered("F01–F05 kill -9 of a score worker", in: recovery, bound: Faults.lease + .seconds(2))
          try await rig.audit("round \(round) of kills")
        }
      }
    }

    @Test("F08: all workers are killed at once, and those that start next score everything")
    func allKilled() async throws {
      try await FaultRig.with(variables: ["FAIL_POINTS": "score.mid-score=delay:5ms"]) { rig in
        for round in 1...FaultScale.repetitions(5) {
          try await rig.fleet.start(3)
          try await rig.work.publish("A\(round)", tasks: 200)
          try await waitUntil("work is under way") {
            try await rig.work.bus.pending(of: .predictionsPending, limit: 10).count > 4
          }
          try await rig.fleet.killAll()
          rig.ledger.kills(3)
          try await rig.fleet.start(1)
          rig.ledger.restarts(3)
          let recovery = try await rig.time("all is scored") { try await rig.work.unfinished() == 0 }
          rig.ledger.experiments("F08 kill -9 of all score workers")
          rig.ledger.recovered("F08 kill -9 of all score workers", in: recovery, bound: Faults.lease + .seconds(12))
          try await rig.audit("all were killed")
          try await rig.fleet.killAll()
        }
      }
    }
  }
}
