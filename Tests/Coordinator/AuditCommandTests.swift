import Bus
import Competition
import Postgres
import Redis
import Store
import TestKit
import Testing

@Suite("coordinator audit", .timeLimit(.minutes(3)))
struct AuditCommandTests {
  @Test("work in progress breaks no promise, and every invariant that can be checked is named")
  func inProgress() async throws {
    try await Command.with { command in
      let store = command.database.store
      let bus = try AuditedNode.bus(command)
      let now = try await store.now()
      // Waiting, in work, unread, and due a moment ago without an entry yet.
      try await AuditedNode.add("WAITS", to: store)
      try await bus.schedule([DelayedTask(AuditedNode.task("WAITS"), at: now.adding(seconds: 60))])
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await AuditedNode.add("WORKS", to: store)
      try await AuditedNode.add("UNREAD", to: store)
      try await bus.publish([AuditedNode.task("WORKS"), AuditedNode.task("UNREAD")])
      _ = try await consumer.read(count: 1, wait: .zero)
      try await AuditedNode.add("FRESH", to: store, due: now)
      try await AuditedNode.addScored("DONE", to: store)
      try await AuditedNode.seal(store)

      #expect(try await AuditedNode.broken(command) == [])
      let text = try await command.run("audit").text
      for name in ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11"] { #expect(text.contains(name)) }
      #expect(text.contains("all promises hold"))
      let atRest = try await AuditedNode.broken(command, "--at-rest")
      #expect(atRest == ["I1 every prediction has ended, but for those of rounds that wait for their truth"])
    }
  }

  @Test("metrics that the contract names are no part of what scores say; what it does not name is found")
  func metrics() async throws {
    try await Command.with { command in
      let store = command.database.store
      try await AuditedNode.addScored("DONE", to: store)
      try await AuditedNode.seal(store)
      try await store.pool.query("UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb || '{\"ic\": 0.5}'")
      #expect(try await AuditedNode.broken(command) == ["I5 a sealed snapshot is what its stored scores say"])
      var contract = CrunchContract.default
      contract.metrics = ["ic"]
      try await store.contracts.enforce(try await store.contracts.register(contract))
      #expect(try await AuditedNode.broken(command) == [])
    }
  }

  @Test("a due prediction that no stream knows is found")
  func lost() async throws {
    try await Command.with { command in
      try await AuditedNode.add("LOST", to: command.database.store)
      #expect(
        try await AuditedNode.broken(command)
          == ["I1 a due prediction has ended, or is in the streams, or waits there for its time"])
    }
  }

  @Test("an entry that was acknowledged before its effects were committed is found")
  func acknowledged() async throws {
    try await Command.with { command in
      let bus = try AuditedNode.bus(command)
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      // Due a moment ago: conservation alone would not mind yet.
      let now = try await command.database.store.now()
      try await AuditedNode.add("EARLY", to: command.database.store, due: now)
      try await bus.publish([AuditedNode.task("EARLY", due: now)])
      try await consumer.acknowledge(try await consumer.read(count: 1, wait: .zero).deliveries.map(\.id))
      #expect(try await AuditedNode.broken(command) == ["I3 an entry that was acknowledged has left nothing undone"])
    }
  }

  @Test("entries that nobody takes over, and entries in work that were trimmed, are found")
  func streams() async throws {
    try await Command.with { command in
      let bus = try AuditedNode.bus(command)
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await AuditedNode.addScored("OLD", to: command.database.store)
      try await bus.publish([AuditedNode.task("OLD")])
      let id = try #require(try await consumer.read(count: 1, wait: .zero).deliveries.first?.id)
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let stream = command.prefix + "predictions.pending"
      try await redis.send(
        RedisCommand("XCLAIM", stream, "score", "one", "0", id.description, "IDLE", "70000", "JUSTID"))
      #expect(
        try await AuditedNode.broken(command)
          == ["I4 an entry in work is renewed or taken over within two leases and 5 s"])
      try await redis.send(RedisCommand("XDEL", stream, id.description))
      #expect(try await AuditedNode.broken(command).contains("I11 an entry in work is still in its stream"))
    }
  }

  @Test("a stream that outgrew its bound is found")
  func bounds() async throws {
    try await Command.with { command in
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let add = RedisCommand("XADD", command.prefix + "feed.records", "*", "a", "b")
      _ = try await redis.pipeline(Array(repeating: add, count: 30_001))
      #expect(try await AuditedNode.broken(command) == ["I7 streams and pending lists are no longer than 30000"])
    }
  }

  @Test("a member of a group that is long dead is found")
  func deadConsumer() async throws {
    try await Command.with { command in
      let bus = try AuditedNode.bus(command)
      _ = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let stream = command.prefix + "predictions.pending"
      try await redis.send(RedisCommand("XGROUP", "CREATECONSUMER", stream, "score", "dead"))
      #expect(try await AuditedNode.broken(command) == [])
      #expect(
        try await AuditedNode.broken(command, "--consumer-grace", "0")
          == ["I8 members of groups are live workers, or have work that others will take over"])
    }
  }

  @Test("a setting that is wrong ends the audit before it looks")
  func wrongSettings() async throws {
    try await Command.with { command in
      let unreadable = try await command.run("audit", variables: ["BUS_LEASE_SECONDS": "soon"])
      #expect(unreadable.exitCode == 78)
      #expect(unreadable.text.contains("BUS_LEASE_SECONDS"))
      let negative = try await command.run("audit", "--settle=-1")
      #expect(negative.exitCode == 64)
    }
  }
}
