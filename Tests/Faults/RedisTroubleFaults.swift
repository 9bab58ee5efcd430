import Foundation
import Redis
import TestKit
import Testing

extension Faults {
  @Suite("A Redis in trouble")
  struct RedisTroubleFaults {
    enum Trouble: String, CaseIterable, CustomTestStringConvertible {
      case full = "F12 Redis at maxmemory"
      case misconf = "F12 Redis cannot save (MISCONF)"
      case clientsKilled = "F13 CLIENT KILL of all"
      case paused = "F13 CLIENT PAUSE 10 s"
      case asleep = "F13 DEBUG SLEEP 10 s"

      var testDescription: String { rawValue }
      var repetitions: Int { self == .full || self == .misconf ? 3 : 5 }
    }

    @Test("F12, F13: workers live through it, and go on by themselves", arguments: Trouble.allCases)
    func trouble(_ trouble: Trouble) async throws {
      try await FaultRig.with(variables: ["FAIL_POINTS": "score.mid-score=delay:10ms"]) { rig in
        let workers = try await rig.fleet.start(2)
        for round in 1...FaultScale.repetitions(trouble.repetitions) {
          try await rig.work.publish("B\(round)", tasks: 200)
          try await waitUntil("work is under way") { try await rig.work.unfinished() < 900 }
          try await Self.make(trouble, rig)
          // Work that came up meanwhile: only PostgreSQL knows it.
          _ = try await rig.work.add("M\(round)", tasks: 50)
          try await Self.end(trouble, rig)
          let recovery = try await rig.time("all is scored") { try await rig.work.unfinished() == 0 }
          rig.ledger.recovered(trouble.rawValue, in: recovery, bound: .seconds(25))
          let dead = workers.filter { !$0.isAlive }.count
          #expect(dead == 0)
          rig.ledger.experiments(trouble.rawValue)
          try await rig.scoredAndSound(trouble.rawValue)
        }
      }
    }

    private static func make(_ trouble: Trouble, _ rig: FaultRig) async throws {
      let redis = RedisConnection(rig.redis.configuration, name: "fault")
      switch trouble {
      case .full: try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
      case .misconf:
        // A folder in the place of the file: saving fails, and Redis then refuses to write.
        let path = rig.redis.folder + "/dump.rdb"
        try FileManager.default.createDirectory(atPath: path + "/in-the-way", withIntermediateDirectories: true)
        try await redis.send(RedisCommand("CONFIG", "SET", "save", "3600 1"))
        try await redis.send(RedisCommand("BGSAVE"))
        try await waitUntil("Redis refuses to write") {
          do {
            try await redis.send(RedisCommand("SET", "test", "1"))
            return false
          } catch let error as RedisError { return error.code == "MISCONF" }
        }
      case .clientsKilled:
        _ = try await redis.pipeline([RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")])
      case .paused: try await redis.send(RedisCommand("CLIENT", "PAUSE", "10000", "ALL"))
      case .asleep:
        _ = try await redis.pipeline([RedisCommand("DEBUG", "SLEEP", "10")], blockSeconds: 15)
      }
    }

    private static func end(_ trouble: Trouble, _ rig: FaultRig) async throws {
      guard trouble == .full || trouble == .misconf else { return }
      // Long enough for workers to run into it: those that hold work finish it, for that needs PostgreSQL alone.
      let redis = RedisConnection(rig.redis.configuration, name: "fault")
      let before = ContinuousClock.now
      try await waitUntil("a lease has passed") { ContinuousClock.now > before + Faults.lease }
      if trouble == .full {
        try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
      } else {
        try FileManager.default.removeItem(atPath: rig.redis.folder + "/dump.rdb")
        try await redis.send(RedisCommand("CONFIG", "SET", "save", ""))
      }
    }
  }
}
