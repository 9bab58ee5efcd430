import Bus
import Competition
import Redis
import TestKit
import Testing

@Suite("The bus on Redis", .timeLimit(.minutes(3)))
struct RedisBusTests {
  @Test("a trim removes nothing that a group still needs")
  func trim() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    try await bus.publish((0..<11_000).map { ScoreTask.numbered($0) })
    let first = try await reader.read(count: 500, wait: .zero).deliveries
    try await reader.acknowledge(Array(first.dropLast(100)).map(\.id))
    #expect(try await bus.trim(.predictionsPending, keeping: 10_000) == 400)
    let rest = try await reader.read(count: 20_000, wait: .zero).deliveries
    #expect(rest.count == 10_500)
    #expect(try await reader.renew(first.suffix(100).map(\.id)).count == 100)
    try await TestRedis.removeAll(prefix)
  }

  @Test("the keys are the names of the streams behind the prefix, and entries read like a sentence")
  func names() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    try await bus.publish([ScoreTask.numbered(1)])
    let connection = RedisConnection(try TestRedis.configuration, name: "test")
    let answer = try await connection.send(
      RedisCommand("XRANGE", prefix + "predictions.pending", "-", "+", "COUNT", "1"))
    let fields = answer.array?.first?.array?.last?.array?.compactMap(\.text)
    #expect(
      fields == [
        "v", "1", "kind", "score.task", "input_id", "INP_1", "scope_key", "BTC-60", "config_id", "CFG_001", "subject",
        "BTC", "performed_at", "2023-11-14T22:13:20Z", "resolvable_at", "2023-11-14T22:14:20Z",
      ])
    try await TestRedis.removeAll(prefix)
  }

  @Test("a waiting read ends when an entry comes, and when its time is over")
  func waiting() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    async let batch = reader.read(count: 10, wait: .seconds(1))
    try await bus.publish([ScoreTask.numbered(1)])
    #expect(try await batch.deliveries.count == 1)
    #expect(try await reader.read(count: 10, wait: .milliseconds(20)).deliveries.isEmpty)
    try await TestRedis.removeAll(prefix)
  }

  @Test("a server that went away is an outage, and the same bus goes on when it is back")
  func restart() async throws {
    try await PrivateRedis.with { redis in
      let bus = RedisBus(redis.configuration, clientName: "test")
      let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
      await redis.stop()
      do {
        try await bus.publish([ScoreTask.numbered(1)])
        Issue.record("published without a server")
      } catch let error as BusError {
        #expect(error.isOutage)
        #expect("\(error)".contains("REDIS_URL"), "the text says what to do")
      }
      try await redis.start()
      try await waitUntil("publishing works again") {
        do {
          try await bus.publish([ScoreTask.numbered(1)])
          return true
        } catch { return false }
      }
      try await waitUntil("the entry comes") {
        do { return try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [.numbered(1)] } catch {
          return false
        }
      }
      #expect(try await bus.checkForLoss())
    }
  }

  @Test("scripts that Redis forgot are sent again")
  func scripts() async throws {
    try await PrivateRedis.with { redis in
      let bus = RedisBus(redis.configuration, clientName: "test")
      _ = try await bus.promote(limit: 1)
      try await RedisConnection(redis.configuration, name: "test").send(RedisCommand("SCRIPT", "FLUSH"))
      #expect(try await bus.promote(limit: 1).moved == 0)
    }
  }
}
