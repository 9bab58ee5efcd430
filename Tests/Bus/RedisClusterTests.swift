import Bus
import Redis
import TestKit
import Testing

/// What the conformance suite, which runs on a cluster too, does not show.
@Suite("The bus on a Redis Cluster", .timeLimit(.minutes(3)))
struct RedisClusterTests {
  @Test("each node leads to the one that has the keys, whichever is named")
  func anyNode() async throws {
    try await SharedRedisCluster.with { cluster in
      let prefix = TestRedis.prefix()
      for (number, port) in cluster.ports.enumerated() {
        let bus = RedisBus(cluster.configuration(of: port), keyPrefix: prefix, clientName: "test")
        let reader = try await bus.consumer(
          of: ScoreTask.self, name: "a", settings: ConsumerSettings(lease: .seconds(60)))
        try await bus.publish([ScoreTask.numbered(number)])
        let read = try await reader.read(count: 10, wait: .seconds(1)).deliveries
        #expect(read.map(\.message) == [.numbered(number)])
        #expect(try await reader.acknowledge(read.map(\.id)).count == 1)
      }
      let owner = RedisConnection(
        cluster.configuration(of: try await cluster.master(of: prefix)), name: "test")
      #expect(try await owner.send(RedisCommand("XLEN", prefix + "predictions.pending")) == .integer(3))
      try await TestRedis.removeAll(prefix, on: cluster.configuration)
    }
  }

  @Test("keys in several slots are refused with what to write into which variable")
  func noHashTag() async throws {
    try await SharedRedisCluster.with { cluster in
      let bus = RedisBus(cluster.configuration, keyPrefix: "no-braces:", clientName: "test")
      do {
        _ = try await bus.promote(limit: 1)
        Issue.record("a script reached keys of several slots")
      } catch let error as BusError {
        #expect(!error.isOutage)
        #expect("\(error)".contains("REDIS_KEY_PREFIX"), "\(error)")
      }
    }
  }

  @Test("a slot that moves to another node while the bus works is followed there")
  func resharding() async throws {
    try await RedisCluster.with { cluster in
      let prefix = "{moving}:"
      let bus = RedisBus(cluster.configuration, keyPrefix: prefix, clientName: "test")
      let reader = try await bus.consumer(
        of: ScoreTask.self, name: "a", settings: ConsumerSettings(lease: .seconds(60)))
      try await bus.publish([ScoreTask.numbered(1)])
      let old = try await cluster.master(of: prefix)
      let new = try #require(cluster.ports.first { $0 != old })
      let (from, to) = (
        RedisConnection(cluster.configuration(of: old), name: "test"),
        RedisConnection(cluster.configuration(of: new), name: "test")
      )
      let slot = String(try await from.send(RedisCommand("CLUSTER", "KEYSLOT", prefix)).integer ?? -1)
      let oldID = try #require(try await from.send(RedisCommand("CLUSTER", "MYID")).text)
      let newID = try #require(try await to.send(RedisCommand("CLUSTER", "MYID")).text)
      try await to.send(RedisCommand("CLUSTER", "SETSLOT", slot, "IMPORTING", oldID))
      try await from.send(RedisCommand("CLUSTER", "SETSLOT", slot, "MIGRATING", newID))
      // What is not there yet is asked of the node that will have it.
      #expect(try await bus.checkForLoss(), "the marker was set there")
      let marker = RedisCommand("GET", prefix + "bus.marker")
      #expect(try await to.pipeline([RedisCommand("ASKING"), marker])[1].text == "here")
      let inSlot = RedisCommand("CLUSTER", "GETKEYSINSLOT", slot, "100")
      let keys = try await from.send(inSlot).array?.compactMap(\.text) ?? []
      #expect(!keys.isEmpty)
      try await from.send(RedisCommand(["MIGRATE", "127.0.0.1", String(new), "", "0", "5000", "KEYS"] + keys))
      try await to.send(RedisCommand("CLUSTER", "SETSLOT", slot, "NODE", newID))
      try await from.send(RedisCommand("CLUSTER", "SETSLOT", slot, "NODE", newID))
      try await bus.publish([ScoreTask.numbered(2)])
      let read = try await reader.read(count: 10, wait: .seconds(1)).deliveries
      #expect(read.map(\.message) == [.numbered(1), .numbered(2)])
      #expect(try await reader.acknowledge(read.map(\.id)).count == 2)
    }
  }
}
