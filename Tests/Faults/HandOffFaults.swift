import Bus
import Foundation
import TestKit
import Testing

extension Faults {
  @Suite("Score workers that come and go")
  struct HandOffFaults {
    @Test("F07: a worker that is asked to end in mid-batch ends in its time, and what it had waits for no lease")
    func asked() async throws {
      try await FaultRig.with(variables: ["BUS_LEASE_SECONDS": "30"]) { rig in
        let name = "F07 SIGTERM in mid-batch"
        try await rig.fleet.start(1, ["FAIL_POINTS": "score.mid-score=delay:5ms"])
        for round in 1...FaultScale.repetitions(100) {
          let leaver = try await rig.fleet.start(1, ["FAIL_POINTS": "score.mid-score=delay:10s"])[0]
          try await rig.work.publish("T\(round)", tasks: 60)
          try await waitUntil("it has work") { try await rig.entries(of: leaver) > 0 }
          let asked = ContinuousClock.now
          leaver.process.signal(SIGTERM)
          try await leaver.process.mustHaveDrained()
          // Its drain is 1 s here; the grace period of a process is 60 s.
          rig.ledger.recovered(name, in: ContinuousClock.now - asked, bound: .seconds(5))
          let handedOn = try await rig.time("others have what it had") {
            try await rig.entries(of: leaver) == 0
          }
          rig.ledger.recovered(name + ", taken over", in: handedOn, bound: .seconds(2))
          rig.fleet.forget([leaver])
          rig.ledger.experiments(name)
          rig.ledger.restarts()
          // The lease is 30 s: nothing could have waited for it within the watchdog of a slow machine and look like this.
          let scored = try await rig.time("all is scored") { try await rig.work.unfinished() == 0 }
          #expect(scored < .seconds(25), "an entry waited for its lease")
        }
        try await rig.audit(name)
      }
    }

    @Test("F25: from 1 to 8 workers and back to 1 under load, and no consumer stays behind")
    func scaled() async throws {
      try await FaultRig.with(variables: ["FAIL_POINTS": "score.mid-score=delay:10ms"]) { rig in
        let name = "F25 score workers 1, 8, 1"
        try await rig.fleet.start(1)
        for cycle in 1...FaultScale.repetitions(5) {
          try await rig.work.publish("U\(cycle)", tasks: 300)
          let others = try await rig.fleet.start(7)
          try await rig.work.publish("V\(cycle)", tasks: 300)
          try await waitUntil("all of them have work or it is over") {
            if try await rig.work.unfinished() == 0 { return true }
            let pending = try await rig.work.bus.pending(of: .predictionsPending, limit: 10_000)
            return Set(pending.map(\.consumer)).count == 8
          }
          try await rig.audit(name + ", in mid-work")
          for worker in others { worker.process.signal(SIGTERM) }
          for worker in others { try await worker.process.mustHaveDrained() }
          rig.fleet.forget(others)
          rig.ledger.restarts(others.count)
          try await rig.scoredAndSound(name)
          try await waitUntil("one consumer is left") {
            try await rig.work.bus.consumers(of: .predictionsPending).count == 1
          }
          rig.ledger.experiments(name)
        }
      }
    }
  }
}

extension FaultRig {
  /// How many entries are in work with a worker.
  func entries(of worker: WorkerProcess) async throws -> Int {
    try await work.bus.pending(of: .predictionsPending, limit: 10_000).filter { worker.owns($0.consumer) }.count
  }
}
