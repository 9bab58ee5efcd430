import TestKit
import Testing

extension Faults {
  @Suite("A network that breaks")
  struct LinkFaults {
    enum Fault: String, CaseIterable, CustomTestStringConvertible {
      case requestsCut = "F17 link cut towards the server"
      case answersCut = "F17 link cut towards the worker"
      case cut = "F17 link cut both ways"
      case halfOpen = "F17 link half-open"
      case slow = "F17 200 ms delay"
      case lossy = "F17 3 % loss"

      var testDescription: String { rawValue }
      /// Whether calls go unanswered.
      var isNoticed: Bool { self != .slow && self != .lossy }
      var link: TCPProxy.Link {
        switch self {
        case .requestsCut: .requestsCut
        case .answersCut: .answersCut
        case .cut: .cut
        case .halfOpen: .open
        case .slow: .slow(milliseconds: 200)
        case .lossy: .lossy(0.03)
        }
      }
    }

    enum Server: String, CaseIterable { case redis, postgres }

    @Test("F17: a worker notices and goes on, others meanwhile", arguments: Fault.allCases, Server.allCases)
    func broken(_ fault: Fault, _ server: Server) async throws {
      try await PrivateRedis.with { redis in
        try await TestDatabase.with { database in
          let target = server == .redis ? redis.port : database.configuration.port
          try await TCPProxy.with(targetPort: target) { proxy in
            try await FaultRig.with(
              store: database.store, databaseURL: database.url, redis: redis,
              variables: ["FAIL_POINTS": "score.mid-score=delay:5ms"]
            ) { rig in
              // One worker behind the broken link, one beside it.
              try await rig.fleet.start(1)
              let behind =
                server == .redis
                ? ["REDIS_URL": redis.url.replacing(":\(target)/", with: ":\(proxy.port)/")]
                : ["DATABASE_URL": database.url.replacing(":\(target)/", with: ":\(proxy.port)/")]
              let worker = try await rig.fleet.start(1, behind)[0]
              for round in 1...FaultScale.repetitions(3) {
                try await rig.work.publish("W\(round)", tasks: 100)
                try await waitUntil("the worker is at work") { try await rig.entries(of: worker) > 0 }
                let heard = worker.process.lines.count
                proxy.set(fault.link)
                if fault == .halfOpen { proxy.halfOpen() }
                let broken = ContinuousClock.now
                if fault.isNoticed {
                  // Its watchdog fires, whatever the network says. A worker that is cut off from PostgreSQL alone keeps what
                  // it has until it is back.
                  try await waitUntil("the worker notices") { worker.process.complains(after: heard) }
                  rig.ledger.recovered("\(fault.rawValue), noticed", in: .now - broken, bound: .seconds(45))
                  proxy.set(.open)
                }
                let recovery = try await rig.time("all is scored") { try await rig.work.unfinished() == 0 }
                rig.ledger.recovered(fault.rawValue, in: recovery, bound: Faults.lease * 2 + .seconds(15))
                proxy.set(.open)
                // The worker is back when it does something again.
                let before = try await worker.metric("coordinator_tasks_total")
                var batches = 0
                try await waitUntil("the worker goes on after \(fault.rawValue) (\(server))") {
                  if try await rig.work.unfinished() < 50 {
                    batches += 1
                    try await rig.work.publish("W\(round)_\(batches)", tasks: 40)
                  }
                  return try await worker.metric("coordinator_tasks_total") > before
                }
                #expect(worker.isAlive)
                rig.ledger.experiments(fault.rawValue)
                try await rig.scoredAndSound(fault.rawValue)
              }
            }
          }
        }
      }
    }
  }
}

extension RunningProcess {
  /// Whether it said, behind a number of lines, that its database or its Redis is away.
  fileprivate func complains(after count: Int) -> Bool {
    lines.dropFirst(count).contains { line in
      ["trying again", "skipping a turn", "not renewed", "turn failed", "not announced"].contains { line.contains($0) }
    }
  }
}
