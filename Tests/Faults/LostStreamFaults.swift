import Bus
import Competition
import Postgres
import Redis
import TestKit
import Testing

extension Faults {
  @Suite("A Redis that loses what it had")
  struct LostStreamFaults {
    /// What is done to Redis while work is under way.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
      case flush = "F10 FLUSHALL"
      case emptyRestart = "F10 Redis restarted empty"
      case killed = "F09 kill -9 of Redis with AOF everysec"
      case groupDestroyed = "F11 XGROUP DESTROY"
      case consumersDeleted = "F11 XGROUP DELCONSUMER with pending entries"
      case trimmed = "F11 XTRIM under pending entries"
      case deleted = "F11 XDEL of pending entries"

      var testDescription: String { rawValue }
    }

    @Test("F09–F11: work that Redis lost is published again from PostgreSQL and scored once", arguments: Loss.allCases)
    func lost(_ loss: Loss) async throws {
      try await PrivateRedis.with(isDurable: loss == .killed) { redis in
        try await TestDatabase.with { database in
          try await FaultRig.with(
            store: database.store, databaseURL: database.url, redis: redis,
            variables: ["FAIL_POINTS": "score.mid-score=delay:20ms"]
          ) { rig in
            try await rig.fleet.start(2)
            for round in 1...FaultScale.repetitions(5) {
              try await rig.work.scheduleLater("D\(round)", tasks: 20, seconds: 8)
              try await rig.work.publish("L\(round)", tasks: 200)
              try await waitUntil("entries are in work and unread") {
                let group = try await rig.work.bus.status().group(of: .predictionsPending)
                return (group?.pending ?? 0) > 2 && (group?.lag ?? 0) > 2
              }
              try await Self.inflict(loss, on: rig)
              // Work that is unread, in work or waits for its time: all of it is there again.
              let rebuilt = try await rig.time("Redis knows all work again") {
                try await Self.knowsAll(rig)
              }
              try await rig.audit(loss.rawValue + ", in mid-work", settleSeconds: 10)
              rig.ledger.recovered(loss.rawValue, in: rebuilt, bound: .seconds(10))
              rig.ledger.experiments(loss.rawValue)
              try await rig.scoredAndSound(loss.rawValue)
            }
          }
        }
      }
    }

    private static func knowsAll(_ rig: FaultRig) async throws -> Bool {
      do {
        let open = try await rig.store.predictions.unscored(
          resolvableThrough: rig.store.now().adding(seconds: 60), after: nil, limit: 10_000
        ).map {
          ScoreTask(
            inputID: $0.key.inputID, scopeKey: $0.key.scopeKey, configID: nil, subject: $0.subject,
            performedAt: $0.performedAt, resolvableAt: $0.resolvableAt)
        }
        return try await rig.work.bus.missing(open)?.isEmpty ?? false
      } catch let error as BusError where error.isOutage { return false }
    }

    private static func inflict(_ loss: Loss, on rig: FaultRig) async throws {
      let redis = RedisConnection(rig.redis.configuration, name: "fault")
      let stream = BusStream.predictionsPending.rawValue
      switch loss {
      case .flush: try await redis.send(RedisCommand("FLUSHALL"))
      case .emptyRestart:
        await rig.redis.stop()
        try await rig.redis.start()
        rig.ledger.restarts()
      case .killed:
        try await rig.redis.kill()
        try await rig.redis.start()
        rig.ledger.kills()
        rig.ledger.restarts()
      case .groupDestroyed: try await redis.send(RedisCommand("XGROUP", "DESTROY", stream, "score"))
      case .consumersDeleted:
        for consumer in try await rig.work.bus.consumers(of: .predictionsPending) {
          try await redis.send(RedisCommand("XGROUP", "DELCONSUMER", stream, "score", consumer.name))
        }
      case .trimmed: try await redis.send(RedisCommand("XTRIM", stream, "MAXLEN", "0"))
      case .deleted:
        for entry in try await rig.work.bus.pending(of: .predictionsPending, limit: 1_000) {
          try await redis.send(RedisCommand("XDEL", stream, entry.id.description))
        }
      }
    }
  }
}
