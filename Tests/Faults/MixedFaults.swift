import Foundation
import Redis
import TestKit
import Testing

extension Faults {
  @Suite("Everything at once")
  struct MixedFaults {
    private enum Fault: CaseIterable {
      case kill, killSlowly, freeze, ask, flush, destroyGroup, trim, cutClients, pauseRedis, restartRedis, cutBackends
      case repeatEntries, damageEntries
    }

    @Test("F26: faults at random, and then everything is scored once")
    func mixed() async throws {
      try await FaultRig.with(variables: ["FAIL_POINTS": "score.mid-score=delay:5ms"]) { rig in
        var dice = SeededGenerator.announced("F26", variable: "FAULT_SEED")
        let name = "F26 a mix of all"
        let end = ContinuousClock.now + FaultScale.value(.seconds(3_600), else: .seconds(40))
        try await rig.fleet.start(3)
        var round = 0
        while ContinuousClock.now < end {
          round += 1
          try await Self.publish("X\(round)", rig)
          let fault = Fault.allCases.randomElement(using: &dice) ?? .kill
          let victim = rig.fleet.workers.randomElement(using: &dice)
          print("F26 round \(round): \(fault)")
          try await Self.inflict(fault, on: victim, rig, round)
          rig.ledger.experiments(name)
          while rig.fleet.workers.count < 3 {
            try await rig.fleet.start(1)
            rig.ledger.restarts()
          }
          if round % 20 == 0 { try await rig.scoredAndSound("\(name), round \(round)") }
        }
        for worker in rig.fleet.workers { worker.process.signal(SIGCONT) }
        let recovery = try await rig.time("all is scored") { try await rig.work.unfinished() == 0 }
        rig.ledger.recovered(name, in: recovery, bound: Faults.lease * 2 + .seconds(15))
        try await rig.audit(name)
      }
    }

    /// Work is stored; whether Redis takes it depends on what was done to it.
    private static func publish(_ batch: String, _ rig: FaultRig) async throws {
      let tasks = try await rig.work.add(batch, tasks: 60)
      do { try await rig.work.bus.publish(tasks) } catch { print("F26: \(batch) is left to the sweep: \(error)") }
    }

    private static func inflict(
      _ fault: Fault, on victim: WorkerProcess?, _ rig: FaultRig, _ round: Int
    ) async throws {
      let stream = "predictions.pending"
      switch fault {
      case .kill, .killSlowly:
        guard let victim else { return }
        // At once, or with some work in hand.
        if fault == .killSlowly { try await waitForWork(of: victim, rig) }
        victim.process.signal(SIGKILL)
        _ = try await victim.process.ending
        rig.fleet.forget([victim])
        rig.ledger.kills()
      case .freeze:
        // The one that was frozen before wakes up.
        for worker in rig.fleet.workers { worker.process.signal(SIGCONT) }
        victim?.process.signal(SIGSTOP)
      case .ask:
        guard let victim else { return }
        victim.process.signal(SIGCONT)
        victim.process.signal(SIGTERM)
        _ = try await victim.process.ending
        rig.fleet.forget([victim])
      case .flush: await tell(rig, RedisCommand("FLUSHALL"))
      case .destroyGroup: await tell(rig, RedisCommand("XGROUP", "DESTROY", stream, "score"))
      case .trim: await tell(rig, RedisCommand("XTRIM", stream, "MAXLEN", "5"))
      case .cutClients: await tell(rig, RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
      case .pauseRedis: await tell(rig, RedisCommand("CLIENT", "PAUSE", "2000", "ALL"))
      case .restartRedis:
        await rig.redis.stop()
        try await rig.redis.start()
        rig.ledger.restarts()
      case .cutBackends:
        try await rig.store.pool.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'score-worker'
          """)
      case .repeatEntries:
        let tasks = try await rig.work.add("Z\(round)", tasks: 20)
        do { try await rig.work.bus.publish(tasks + tasks + tasks) } catch { print("F26: left to the sweep: \(error)") }
      case .damageEntries:
        await tell(rig, RedisCommand("XADD", stream, "*", "v", "1", "kind", "score.task", "input_id", "INP_X1_1"))
      }
    }

    private static func tell(_ rig: FaultRig, _ command: RedisCommand) async {
      do { try await RedisConnection(rig.redis.configuration, name: "fault").send(command) } catch {
        print("F26: Redis did not hear of it: \(error)")
      }
    }

    private static func waitForWork(of worker: WorkerProcess, _ rig: FaultRig) async throws {
      let end = ContinuousClock.now + .seconds(2)
      try await waitUntil("it has work, or there is none") {
        do { return try await rig.entries(of: worker) > 0 || ContinuousClock.now > end } catch {
          return ContinuousClock.now > end
        }
      }
    }
  }
}
