import ChildProcesses
import Foundation
import Postgres
import TestKit
import Testing

extension Faults {
  @Suite("A worker whose clock is wrong")
  struct ClockFaults {
    @Test("F18: an hour fast or slow, it scores nothing early and seals no bucket wrongly", arguments: [3_600, -3_600])
    func shifted(_ seconds: Int) async throws {
      let name = "F18 clock of one worker an hour off"
      guard let clock = try await ShiftedClock.variables(seconds: seconds) else {
        print("\(name): skipped, no C compiler is here to build the clock")
        return
      }
      try await FaultRig.with { rig in
        for round in 1...FaultScale.repetitions(3) {
          // It is first: it leads, seals, and writes the leaderboard.
          try await rig.fleet.start(1, clock)
          try await waitUntil("it leads") {
            let now = try await rig.store.now()
            return try await rig.work.bus.workers().contains {
              $0.leads && abs($0.startedAt.seconds(since: now)) > 3_000
            }
          }
          try await rig.fleet.start(1)
          let due = try await rig.work.scheduleLater("C\(round)", tasks: 40, seconds: 3).due
          try await rig.work.publish("S\(round)", tasks: 100)
          try await rig.work.waitUntilScored(name)
          let early = try await rig.count(
            """
            SELECT count(*) FROM score_runs
            WHERE input_id LIKE 'INP\\_C' || $1 || '\\_%' AND committed_at < $2
            """, [.text(String(round)), .time(due.microseconds)])
          #expect(early == 0)
          try await waitUntil("buckets are sealed") {
            try await rig.count("SELECT count(*) FROM snapshots WHERE sealed_at IS NOT NULL") > 0
          }
          let ahead = try await rig.count(
            "SELECT count(*) FROM snapshots WHERE sealed_at IS NOT NULL AND period_end > clock_timestamp()")
          #expect(ahead == 0)
          rig.ledger.experiments(name)
          try await rig.scoredAndSound(name)
          try await rig.fleet.killAll()
          // The next leader waits for the lease of this one.
          try await rig.store.pool.query("DELETE FROM leases")
        }
      }
    }
  }
}
