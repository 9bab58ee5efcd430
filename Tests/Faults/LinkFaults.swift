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

    enum Server: String, CaseIterable, Sendable { case redis, postgres }

    /// A worker behind a link that breaks.
    private struct Victim: Sendable {
      var fault: Fault
      var proxy: TCPProxy
      var worker: WorkerProcess
    }

    @Test(
      "F17: whichever way a link breaks, its worker notices, others do its work, and it is back",
      arguments: Server.allCases)
    func broken(_ server: Server) async throws {
      try await PrivateRedis.with { redis in
        try await TestDatabase.with { database in
          let target = server == .redis ? redis.port : database.configuration.port
          try await Self.withProxies(Fault.allCases.count, targetPort: target) { proxies in
            try await FaultRig.with(
              store: database.store, databaseURL: database.url, redis: redis,
              variables: ["FAIL_POINTS": "score.mid-score=delay:5ms"]
            ) { rig in
              // Beside the broken links.
              try await rig.fleet.start(1)
              var victims: [Victim] = []
              for (fault, proxy) in zip(Fault.allCases, proxies) {
                let behind =
                  server == .redis
                  ? ["REDIS_URL": redis.url.replacing(":\(target)/", with: ":\(proxy.port)/")]
                  : ["DATABASE_URL": database.url.replacing(":\(target)/", with: ":\(proxy.port)/")]
                victims.append(Victim(fault: fault, proxy: proxy, worker: try await rig.fleet.start(1, behind)[0]))
              }
              for round in 1...FaultScale.repetitions(3) { try await Self.round(round, victims, server, rig) }
            }
          }
        }
      }
    }

    private static func round(_ round: Int, _ victims: [Victim], _ server: Server, _ rig: FaultRig) async throws {
      let name = "F17 links to \(server.rawValue)"
      try await rig.work.publish("W\(round)", tasks: 400)
      try await waitUntil("all are at work") {
        for victim in victims where try await rig.entries(of: victim.worker) == 0 { return false }
        return true
      }
      let heard = victims.map(\.worker.process.lines.count)
      for victim in victims {
        victim.proxy.set(victim.fault.link)
        if victim.fault == .halfOpen { victim.proxy.halfOpen() }
      }
      let broken = ContinuousClock.now
      for (victim, heard) in zip(victims, heard) where victim.fault.isNoticed {
        // Its watchdog fires, whatever the network says.
        try await waitUntil("a worker notices: \(victim.fault.rawValue)") {
          victim.worker.process.complains(after: heard)
        }
        rig.ledger.recovered("\(victim.fault.rawValue) (\(server)), noticed", in: .now - broken, bound: .seconds(45))
      }
      // Nothing is repaired until others have done all: also a worker that still reaches Redis lets go.
      try await waitUntil("all is scored while links are broken") { try await rig.work.unfinished() == 0 }
      rig.ledger.recovered(name, in: .now - broken, bound: .seconds(60))
      for victim in victims { victim.proxy.set(.open) }
      for victim in victims {
        // It is back when it does something again.
        let before = try await victim.worker.metric("coordinator_tasks_total")
        var batches = 0
        try await waitUntil("a worker is back after \(victim.fault.rawValue) (\(server))") {
          if try await rig.work.unfinished() < 50 {
            batches += 1
            try await rig.work.publish("W\(round)_\(victim.fault)_\(batches)", tasks: 40)
          }
          return try await victim.worker.metric("coordinator_tasks_total") > before
        }
        #expect(victim.worker.isAlive)
        rig.ledger.experiments(victim.fault.rawValue)
      }
      try await rig.scoredAndSound(name)
    }

    private static func withProxies(
      _ count: Int, targetPort: Int, _ proxies: [TCPProxy] = [],
      _ body: @escaping @Sendable ([TCPProxy]) async throws -> Void
    ) async throws {
      guard proxies.count < count else { return try await body(proxies) }
      try await TCPProxy.with(targetPort: targetPort) { proxy in
        try await withProxies(count, targetPort: targetPort, proxies + [proxy], body)
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
