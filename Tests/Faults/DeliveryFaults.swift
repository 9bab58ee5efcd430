import Bus
import Competition
import Redis
import TestKit
import Testing

extension Faults {
  @Suite("Entries that come as they should not")
  struct DeliveryFaults {
    @Test("F19: entries that are delivered one to five times in any order have one effect")
    func repeated() async throws {
      try await FaultRig.with { rig in
        try await rig.fleet.start(3)
        for round in 1...FaultScale.repetitions(10) {
          var dice = SeededGenerator.announced("F19", variable: "FAULT_SEED")
          let tasks = try await rig.work.add("R\(round)", tasks: 200)
          let entries = tasks.flatMap { Array(repeating: $0, count: Int.random(in: 1...5, using: &dice)) }
          try await rig.work.bus.publish(entries.shuffled(using: &dice))
          try await rig.work.waitUntilScored("F19")
          try await waitUntil("every entry is acknowledged") {
            let group = try await rig.work.bus.status().group(of: .predictionsPending)
            return group?.lag == 0 && group?.pending == 0
          }
          rig.ledger.experiments("F19 entries delivered 1–5 times in any order")
          try await rig.audit("F19")
        }
      }
    }

    private static let damagedEntries = 100_000

    @Test("F20: damaged entries are recorded, their work is published again, and unknown ones are parked")
    func damaged() async throws {
      try await FaultRig.with(variables: ["SCORE_BATCH_SIZE": "1000"]) { rig in
        var dice = SeededGenerator.announced("F20", variable: "FAULT_SEED")
        try await rig.fleet.start(2)
        // Their entries are damaged: nothing good of them is in Redis.
        _ = try await rig.work.add("Q", tasks: 200)
        let redis = RedisConnection(rig.redis.configuration, name: "fault")
        var parked = 0
        for page in 0..<(Self.damagedEntries / 5_000) {
          var commands: [RedisCommand] = []
          for index in 0..<5_000 {
            let kind = Damage.allCases.randomElement(using: &dice) ?? .noFields
            if kind.isUnknown { parked += 1 }
            let input = "INP_Q_\(1 + (page * 5_000 + index) % 200)"
            commands.append(RedisCommand(["XADD", "predictions.pending", "*"] + kind.fields(input)))
          }
          _ = try await redis.pipeline(commands)
          try await waitUntil("most of them are taken out") {
            (try await rig.work.bus.status().group(of: .predictionsPending)?.lag ?? 0) < 2_000
          }
        }
        try await waitUntil("all of them are taken out") {
          let group = try await rig.work.bus.status().group(of: .predictionsPending)
          return group?.lag == 0 && group?.pending == 0
        }
        let recorded = try await rig.count("SELECT count(*) FROM dead_letters WHERE kind = 'decoding' AND cause <> ''")
        #expect(recorded == Self.damagedEntries - parked)
        let aside = try await rig.work.bus.status().stream(.predictionsPending)?.parked
        #expect(aside == parked)
        rig.ledger.experiments("F20 100,000 damaged entries")
        try await rig.scoredAndSound("F20")
        let unscored = try await rig.count("SELECT count(*) FROM predictions WHERE status <> 'SCORED'")
        #expect(unscored == 0)
      }
    }

    private enum Damage: CaseIterable {
      case noFields, noVersion, badVersion, missingField, notANumber, noTime, oversize, newerVersion, otherKind

      var isUnknown: Bool { self == .newerVersion || self == .otherKind }

      func fields(_ input: String) -> [String] {
        let good = [
          "v", "1", "kind", "score.task", "input_id", input, "scope_key", "BTC-60", "subject", "BTC", "performed_at",
          "2026-01-01T00:00:00Z", "resolvable_at",
        ]
        return switch self {
        case .noFields: ["?", "\u{0}\u{1}"]
        case .noVersion: Array(good.dropFirst(2)) + ["2026-01-01T00:01:00Z"]
        case .badVersion: ["v", "NaN"] + good.dropFirst(2) + ["2026-01-01T00:01:00Z"]
        case .missingField: Array(good.dropLast())
        case .notANumber: good + ["NaN"]
        case .noTime: good + ["+inf"]
        case .oversize: good + [String(repeating: "9", count: 4_000)]
        case .newerVersion: ["v", "99"] + good.dropFirst(2) + ["2026-01-01T00:01:00Z"]
        case .otherKind: ["v", "1", "kind", "score.guess"] + good.dropFirst(4) + ["2026-01-01T00:01:00Z"]
        }
      }
    }
  }
}
