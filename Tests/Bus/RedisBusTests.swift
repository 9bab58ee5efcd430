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

  @Test(
    "what nobody can read, in the delayed set or the stream, is handed out as damaged, and costs no other task anything"
  )
  func unreadable() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    let connection = RedisConnection(try TestRedis.configuration, name: "test")
    let many = (0..<9_000).map { "\($0)" }
    let damaged = [
      "no JSON", "{}", "[]", #"["v"]"#, #"["v",["1"]]"#, #"["v",1]"#, "[\"" + many.joined(separator: "\",\"") + "\"]",
    ]
    for member in damaged {
      try await connection.send(RedisCommand("ZADD", prefix + "predictions.delayed", "0", member))
    }
    try await bus.schedule([DelayedTask(.numbered(1), at: Timestamp(seconds: 1))])
    #expect(try await bus.promote(limit: 100).moved == damaged.count + 1)
    // Of no kind that this build knows, and too long for a script to park.
    try await connection.send(
      RedisCommand(["XADD", prefix + "predictions.pending", "*", "v", "1", "kind", "of another time"] + many))
    let batch = try await reader.read(count: 100, wait: .zero)
    #expect(batch.deliveries.map(\.message) == [.numbered(1)])
    #expect(batch.rejected.count == damaged.count + 1 && batch.rejected.allSatisfy(\.isCorrupt))
    #expect(batch.rejected.map { $0.entry.fields[0].value }.contains("no JSON"), "what it was is kept")
    try await reader.discard(batch.rejected)
    #expect(try await bus.status().stream(.predictionsPending)?.length == 1)
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
        "traceparent", "00-75032a0140c95e69b390219880db2392-4662b492942402c9-01",
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

  @Test("entries that somebody threw away with their consumer are missing, and come again by the sweep's publish")
  func consumerDeleted() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    try await bus.publish([ScoreTask.numbered(1), .numbered(2)])
    _ = try await reader.read(count: 1, wait: .zero)
    #expect(try await bus.missing([.numbered(1), .numbered(2)]) == [])
    try await RedisConnection(try TestRedis.configuration, name: "test").send(
      RedisCommand("XGROUP", "DELCONSUMER", prefix + "predictions.pending", "score", "a"))
    #expect(try await bus.missing([.numbered(1), .numbered(2)]) == [.numbered(1)])
    try await TestRedis.removeAll(prefix)
  }

  @Test("run-out leases are taken over a few at a time, by one consumer at a time, going on where the last look ended")
  func sweeping() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let settings = ConsumerSettings(lease: .milliseconds(1))
    let dead = try await bus.consumer(of: ScoreTask.self, name: "dead", settings: settings)
    try await bus.publish((0..<300).map { ScoreTask.numbered($0) })
    let taken = try await dead.read(count: 300, wait: .zero).deliveries.map(\.id)
    // However slowly this test runs, it is one sweep.
    let long = ConsumerSettings(lease: .seconds(600), sweepPause: .seconds(600))
    try await bus.consumer(of: ScoreTask.self, name: "dead", settings: long).release(taken)
    let one = try await bus.consumer(of: ScoreTask.self, name: "one", settings: long)
    let two = try await bus.consumer(of: ScoreTask.self, name: "two", settings: long)
    var heirs: [EntryID] = []
    for _ in 0..<10 {
      let batch = try await one.reclaim(count: 20)
      #expect(batch.deliveries.count == 20)
      #expect(batch.isFull)
      heirs += batch.deliveries.map(\.id)
      #expect(try await two.reclaim(count: 20).isEmpty, "another one looks")
    }
    // Each look begins behind the last one's entries: nothing is looked at twice, none left out.
    #expect(heirs == Array(taken.prefix(200)))
    try await TestRedis.removeAll(prefix)
  }

  @Test("a full Redis takes nothing new, and hands out and settles what it has, also what the dead left")
  func full() async throws {
    try await PrivateRedis.with { redis in
      let bus = RedisBus(redis.configuration, clientName: "test")
      let settings = ConsumerSettings(lease: .seconds(600))
      let dead = try await bus.consumer(of: ScoreTask.self, name: "dead", settings: settings)
      let alive = try await bus.consumer(of: ScoreTask.self, name: "alive", settings: settings)
      try await bus.publish((0..<4).map { ScoreTask.numbered($0) })
      try await dead.release(try await dead.read(count: 2, wait: .zero).deliveries.map(\.id))
      let server = RedisConnection(redis.configuration, name: "test")
      try await server.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
      do {
        try await bus.publish([ScoreTask.numbered(9)])
        Issue.record("published into a full Redis")
      } catch let error as BusError {
        #expect(error.isOutage)
        #expect("\(error)".contains("maxmemory"))
      }
      await #expect(throws: BusError.self) {
        try await bus.schedule([DelayedTask(.numbered(9), at: Timestamp(seconds: 2_000_000_000))])
      }
      let fresh = try await alive.read(count: 10, wait: .zero).deliveries
      let left = try await alive.reclaim(count: 10).deliveries
      #expect(fresh.map(\.message) == [.numbered(2), .numbered(3)])
      #expect(left.map(\.message) == [.numbered(0), .numbered(1)])
      let ids = (fresh + left).map(\.id)
      #expect(try await alive.renew(ids) == ids)
      #expect(try await alive.acknowledge(ids) == ids)
      #expect(try await bus.trim(.predictionsPending, keeping: 0) == 4)
      try await server.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
      try await bus.publish([ScoreTask.numbered(9)])
    }
  }

  @Test("a waiting read whose connection was cut is an outage, and the next one reads on")
  func cutWhileWaiting() async throws {
    try await PrivateRedis.with { redis in
      let bus = RedisBus(redis.configuration, clientName: "test")
      let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
      let server = RedisConnection(redis.configuration, name: "test")
      let waiting = Task { try await reader.read(count: 1, wait: .seconds(1)) }
      try await waitUntil("the read waits") {
        try await server.send(RedisCommand("CLIENT", "LIST")).text?.contains("cmd=xreadgroup") == true
      }
      try await server.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
      do {
        _ = try await waiting.value
        Issue.record("read over a dead connection")
      } catch let error as BusError {
        #expect(error.isOutage)
      }
      try await waitUntil("reading works again") {
        do {
          try await bus.publish([ScoreTask.numbered(1)])
          return try await reader.read(count: 1, wait: .zero).deliveries.map(\.message) == [.numbered(1)]
        } catch { return false }
      }
    }
  }

  @Test("a waiting read over a link that has fallen silent ends by its own clock")
  func silentWhileWaiting() async throws {
    try await PrivateRedis.with { redis in
      var configuration = redis.configuration
      configuration.commandTimeout = 0.2
      let bus = RedisBus(configuration, clientName: "test")
      let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
      try await RedisConnection(redis.configuration, name: "test").send(RedisCommand("CLIENT", "PAUSE", "60000"))
      do {
        _ = try await reader.read(count: 1, wait: .milliseconds(100))
        Issue.record("read from a server that says nothing")
      } catch let error as BusError {
        #expect(error == .outage(.timedOut))
      }
    }
  }

  @Test("a group of a person holds up trimming while its members ask for entries, and not when they are long gone")
  func strangers() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    let reader = try await bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    try await bus.publish((0..<10).map { ScoreTask.numbered($0) })
    try await reader.acknowledge(try await reader.read(count: 10, wait: .zero).deliveries.map(\.id))
    let server = RedisConnection(try TestRedis.configuration, name: "test")
    let key = prefix + "predictions.pending"
    try await server.send(RedisCommand("XGROUP", "CREATE", key, "mine", "0"))
    try await server.send(RedisCommand("XREADGROUP", "GROUP", "mine", "me", "COUNT", "4", "STREAMS", key, ">"))
    #expect(try await bus.trim(.predictionsPending, keeping: 0) == 0, "its four are in work")
    try await server.send(RedisCommand("XGROUP", "DESTROY", key, "mine"))
    try await server.send(RedisCommand("XGROUP", "CREATE", key, "forgotten", "0"))
    #expect(try await bus.trim(.predictionsPending, keeping: 0) == 10)
    try await TestRedis.removeAll(prefix)
  }
}
