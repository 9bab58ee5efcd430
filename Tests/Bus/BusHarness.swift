import Bus
import Competition
import Redis
import Synchronization
import TestKit
import Testing

/// The two implementations of the bus; every promise is checked on both.
enum BusKind: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case redis, memory
  var testDescription: String { rawValue }
}

/// A bus with what a test does around it.
struct BusHarness: Sendable {
  let bus: any Bus
  /// Puts fields into a stream as they are.
  let append: @Sendable (BusFields, BusStream) async throws -> Void
  /// Loses everything, as FLUSHALL does.
  let flush: @Sendable () async throws -> Void
  /// Lets leases of `lease` run out.
  let passLease: @Sendable () async throws -> Void
  let lease: Duration = .milliseconds(200)

  static func with(_ kind: BusKind, _ body: @Sendable (BusHarness) async throws -> Void) async throws {
    switch kind {
    case .memory: try await body(memory())
    case .redis:
      let prefix = TestRedis.prefix()
      try await body(redis(prefix))
      try await TestRedis.removeAll(prefix)
    }
  }

  private static func memory() -> BusHarness {
    let clock = ManualClock()
    let bus = MemoryBus { clock.now }
    return BusHarness(
      bus: bus, append: { await bus.append($0, to: $1) }, flush: { await bus.flushAll() },
      passLease: { clock.advance(seconds: 1) })
  }

  private static func redis(_ prefix: String) throws -> BusHarness {
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let connection = RedisConnection(try TestRedis.configuration, name: "test")
    return BusHarness(
      bus: bus,
      append: { fields, stream in
        try await connection.send(
          RedisCommand(["XADD", prefix + stream.rawValue, "*"] + fields.flatMap { [$0.name, $0.value] }))
      },
      flush: { try await TestRedis.removeAll(prefix) },
      // Redis counts idle time itself: an expiring key tells when it has passed.
      passLease: {
        try await connection.send(RedisCommand("SET", prefix + "lease", "1", "PX", "250"))
        try await waitUntil("the lease runs out") {
          try await connection.send(RedisCommand("EXISTS", prefix + "lease")).integer == 0
        }
      })
  }

  func consumer<Message: BusMessage>(_ type: Message.Type, _ name: String) async throws -> any BusConsumer<Message> {
    try await bus.consumer(of: type, name: name, settings: ConsumerSettings(lease: lease))
  }
}

/// A clock that tests set.
final class ManualClock: Sendable {
  private let time = Mutex(Timestamp(seconds: 1_800_000_000))
  var now: Timestamp { time.withLock { $0 } }
  func advance(seconds: Int) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}

extension BusMessage where Self == ScoreTask {
  /// A task that tests tell apart by its number.
  static func numbered(_ number: Int, due: Timestamp = Timestamp(seconds: 1_700_000_060)) -> ScoreTask {
    ScoreTask(
      inputID: "INP_\(number)", scopeKey: "BTC-60", configID: "CFG_001", subject: "BTC",
      performedAt: due.adding(seconds: -60), resolvableAt: due)
  }
}
