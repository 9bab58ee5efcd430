import Foundation
import TestKit
import Testing

extension Faults {
  @Suite("Score workers that are frozen")
  struct FrozenWorkerFaults {
    /// Five at a time, each frozen elsewhere.
    @Test("F06: a worker that was frozen for three leases and wakes up changes nothing")
    func frozen() async throws {
      try await FaultRig.with { rig in
        let name = "F06 SIGSTOP for three leases"
        try await rig.fleet.start(1, ["FAIL_POINTS": "score.mid-score=delay:20ms"])
        for round in 1...FaultScale.repetitions(10) {
          let sleepers = try KilledWorkerFaults.points.map { point in
            try rig.fleet.add(["FAIL_POINTS": "\(point)=freeze@1", "SCORE_CONCURRENCY": "1"])
          }
          var batches = 0
          try await waitUntil("five workers are frozen") {
            if try await rig.work.unfinished() < 50 {
              batches += 1
              try await rig.work.publish("F\(round)_\(batches)", tasks: 40)
            }
            return sleepers.allSatisfy(\.process.isFrozen)
          }
          let frozenAt = ContinuousClock.now
          try await rig.audit(name + ", while five are frozen")
          try await rig.work.waitUntilScored("five were frozen")
          try await waitUntil("three leases have passed") { ContinuousClock.now > frozenAt + Faults.lease * 3 }
          let before = try await rig.effects()
          for sleeper in sleepers { sleeper.process.signal(SIGCONT) }
          // They show that they are awake and past what they had: they do their part of new work.
          try await rig.work.publish("N\(round)", tasks: 60)
          try await rig.work.waitUntilScored("five woke up")
          try await waitUntil("nothing is pending on those that woke up") {
            try await rig.work.bus.pending(of: .predictionsPending, limit: 1_000).isEmpty
          }
          let after = try await rig.effects(except: "N\(round)")
          #expect(after == before)
          for sleeper in sleepers { sleeper.process.signal(SIGTERM) }
          for sleeper in sleepers { try await sleeper.process.mustHaveDrained() }
          rig.fleet.forget(sleepers)
          rig.ledger.experiments(name, sleepers.count)
          rig.ledger.restarts(sleepers.count)
          try await rig.audit(name)
        }
      }
    }
  }
}

extension RunningProcess {
  /// Whether it is stopped by a signal.
  var isFrozen: Bool {
    guard let pid, let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else {
      return false
    }
    let rest = String(decoding: data, as: UTF8.self).split(separator: ")").last ?? ""
    return rest.split(separator: " ").first == "T"
  }
}

extension FaultRig {
  /// All scores and who committed them, as one text that changes with any of them.
  /// - Parameter batch: predictions of this batch are left out.
  func effects(except batch: String = "-") async throws -> String {
    try await store.pool.query(
      """
      SELECT concat_ws(' ',
        (SELECT md5(string_agg(s::text, '|' ORDER BY s.id)) FROM scores s
         WHERE s.prediction_id NOT LIKE 'PRE\\_' || $1 || '\\_%'),
        (SELECT md5(string_agg(r::text, '|' ORDER BY r.id)) FROM score_runs r
         WHERE r.input_id NOT LIKE 'INP\\_' || $1 || '\\_%'))
      """, [.text(batch)])[0].text(0)
  }
}
