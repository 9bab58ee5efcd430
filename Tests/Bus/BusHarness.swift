import Bus
import Competition
import Redis
import TestKit
import Testing

/// The two implementations of the bus, that on Redis also on a cluster; every promise is checked on each.
enum BusKind: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case redis, cluster, memory
  var testDescription: String { rawValue }
}

/// A bus with what a test does around it.
struct BusHarness: Sendable {
  let bus: any Bus
  /// Puts fields into a stream as they are.
  let append: @Sendable (BusFields, BusStream) async throws -> Void
  /// Loses everything, as FLUSHALL does.
  let flush: @Sendable () async throws -> Void
  /// Forgets a stream's group, as XGROUP DESTROY does.
  let destroyGroup: @Sendable (BusStream) async throws -> Void
  /// Removes entries whoever needs them, as XDEL and XTRIM do.
  let delete: @Sendable ([EntryID], BusStream) async throws -> Void
  /// The bus's clock.
  let now: @Sendable () async throws -> Timestamp
  /// Lets leases of `lease` run out.
  let passLease: @Sendable () async throws -> Void
  let lease: Duration = .seconds(600)

  static func with(
    _ kind: BusKind, limits: BusLimits = BusLimits(), _ body: @Sendable (BusHarness) async throws -> Void
  ) async throws {
    switch kind {
    case .memory: try await body(memory(limits))
    case .redis: try await withKeys(on: try TestRedis.configuration, limits, body)
    case .cluster: try await SharedRedisCluster.with { try await withKeys(on: $0.configuration, limits, body) }
    }
  }

  private static func withKeys(
    on configuration: RedisConfiguration, _ limits: BusLimits, _ body: @Sendable (BusHarness) async throws -> Void
  ) async throws {
    let prefix = TestRedis.prefix()
    try await body(redis(configuration, prefix, limits))
    try await TestRedis.removeAll(prefix, on: configuration)
  }

  private static func memory(_ limits: BusLimits) -> BusHarness {
    let clock = ManualClock()
    let bus = MemoryBus(limits: limits) { clock.now }
    return BusHarness(
      bus: bus, append: { bus.append($0, to: $1) }, flush: { bus.flushAll() },
      destroyGroup: { bus.destroyGroup(of: $0) }, delete: { bus.delete($0, from: $1) }, now: { clock.now },
      passLease: { clock.advance(seconds: 600) })
  }

  private static func redis(
    _ configuration: RedisConfiguration, _ prefix: String, _ limits: BusLimits
  ) -> BusHarness {
    let bus = RedisBus(configuration, keyPrefix: prefix, clientName: "test", limits: limits)
    let connection = RedisConnection(configuration, name: "test")
    return BusHarness(
      bus: bus,
      append: { fields, stream in
        try await connection.send(
          RedisCommand(["XADD", prefix + stream.rawValue, "*"] + fields.flatMap { [$0.name, $0.value] }))
      },
      flush: { try await TestRedis.removeAll(prefix, on: configuration) },
      destroyGroup: { stream in
        try await connection.send(RedisCommand("XGROUP", "DESTROY", prefix + stream.rawValue, stream.group.rawValue))
      },
      delete: { ids, stream in
        try await connection.send(RedisCommand(["XDEL", prefix + stream.rawValue] + ids.map(\.description)))
      },
      now: { try await bus.status().now },
      // Redis counts idle time itself; here it is told that all entries in work have been idle for so long.
      passLease: {
        for stream in BusStream.allCases {
          for entry in try await bus.pending(of: stream, limit: 10_000) {
            try await connection.send(
              RedisCommand(
                "XCLAIM", prefix + stream.rawValue, stream.group.rawValue, entry.consumer, "0", entry.id.description,
                "IDLE", "600001", "JUSTID"))
          }
        }
      })
  }

  func consumer<Message: BusMessage>(_ type: Message.Type, _ name: String) async throws -> any BusConsumer<Message> {
    try await bus.consumer(of: type, name: name, settings: ConsumerSettings(lease: lease))
  }
}

extension BusMessage where Self == ScoreTask {
  /// A task that tests tell apart by its number.
  static func numbered(_ number: Int, due: Timestamp = Timestamp(seconds: 1_700_000_060)) -> ScoreTask {
    ScoreTask(
      inputID: "INP_\(number)", scopeKey: "BTC-60", configID: "CFG_001", subject: "BTC",
      performedAt: due.adding(seconds: -60), resolvableAt: due)
  }
}

extension WorkerNote {
  static func named(_ name: String, at time: Timestamp) -> WorkerNote {
    WorkerNote(
      name: name, service: "score-worker", startedAt: time, seenAt: time, state: "working", leads: true, handled: 7)
  }
}
