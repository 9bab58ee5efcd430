import Bus
import Competition
import TestKit
import Testing

@Suite("A bus trims and counts truly", .timeLimit(.minutes(2)))
struct BusFigureTests {
  @Test("a trim keeps what is unread, in work, or among the newest", arguments: BusKind.allCases)
  func trimming(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish((0..<10).map { ScoreTask.numbered($0) })
      let read = try await worker.read(count: 6, wait: .zero).deliveries
      try await worker.acknowledge([0, 1, 2, 4, 5].map { read[$0].id })
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 8) == 2)
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 1, "entry 3 is in work")
      try await worker.acknowledge([read[3].id])
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 3)
      #expect(try await worker.read(count: 10, wait: .zero).deliveries.count == 4)
    }
  }

  @Test("a stream that nobody has read yet is not trimmed", arguments: BusKind.allCases)
  func untouched(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      try await harness.bus.publish((0..<10).map { ScoreTask.numbered($0) })
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 0)
      _ = try await harness.consumer(ScoreTask.self, "a")
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 0)
    }
  }

  @Test("figures are true after a trim, a removal and a group made anew", arguments: BusKind.allCases)
  func figures(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      func group() async throws -> BusStatus.Group? { try await harness.bus.status().group(of: .predictionsPending) }
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish((0..<400).map { ScoreTask.numbered($0) })
      let read = try await worker.read(count: 150, wait: .zero).deliveries
      try await worker.acknowledge(read.map(\.id))
      #expect(try await group()?.lag == 250)
      _ = try await harness.bus.trim(.predictionsPending, keeping: 0)
      #expect(try await group()?.lag == 250)
      let unread = try await harness.bus.entries(of: .predictionsPending, after: read.last?.id, limit: 1_000)
      try await harness.delete(unread.prefix(30).map(\.id), .predictionsPending)
      #expect(try await group()?.lag == 220)
      #expect(try await group()?.oldestUnread == unread[30].id.time)
      try await harness.destroyGroup(.predictionsPending)
      _ = try await harness.consumer(ScoreTask.self, "worker")
      #expect(try await group()?.lag == 220)
      try await harness.flush()
      #expect(try await harness.bus.status().stream(.predictionsPending)?.length == 0)
      #expect(try await harness.bus.status().backlog == 0)
    }
  }

  @Test("the janitor removes dead consumers, and none on whom entries are pending", arguments: BusKind.allCases)
  func janitor(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2), .numbered(3)])
      for (name, expiry) in [("alive", Duration.seconds(86_400)), ("dead", .zero), ("heir", .zero)] {
        try await harness.bus.register(.named(name, at: try await harness.now()), expiry: expiry)
        let consumer = try await harness.consumer(ScoreTask.self, name)
        let read = try await consumer.read(count: 1, wait: .zero).deliveries
        if name != "dead" { try await consumer.acknowledge(read.map(\.id)) }
      }
      try await harness.passLease()
      #expect(try await harness.bus.removeDeadConsumers() == 1)
      #expect(try await harness.bus.consumers(of: .predictionsPending).map(\.name) == ["alive", "dead"])
      #expect(try await harness.bus.workers().map(\.name) == ["alive"])
      let alive = try await harness.consumer(ScoreTask.self, "alive")
      #expect(try await alive.reclaim(count: 10).deliveries.map(\.message) == [.numbered(2)])
      #expect(try await harness.bus.removeDeadConsumers() == 1)
    }
  }

  @Test("a worker that leaves is forgotten at once", arguments: BusKind.allCases)
  func unregistered(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let note = WorkerNote.named("a", at: try await harness.now())
      try await harness.bus.register(note, expiry: .seconds(600))
      #expect(try await harness.bus.workers() == [note])
      try await harness.bus.unregister("a")
      #expect(try await harness.bus.workers().isEmpty)
    }
  }

  @Test("status counts what is pending, unread and waiting", arguments: BusKind.allCases)
  func status(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish((0..<7).map { ScoreTask.numbered($0) })
      _ = try await reader.read(count: 3, wait: .zero)
      let due = Timestamp(seconds: 2_000_000_000)
      try await harness.bus.schedule([DelayedTask(.numbered(9), at: due)])
      let status = try await harness.bus.status()
      let stream = try #require(status.streams.first { $0.stream == .predictionsPending })
      #expect(try await harness.bus.status(of: .predictionsPending) == stream)
      #expect(stream.length == 7)
      #expect(stream.groups.map(\.name) == ["score"])
      #expect(stream.groups.first?.pending == 3)
      #expect(stream.groups.first?.lag == 4)
      #expect(stream.groups.first?.oldestUnread != nil && stream.groups.first?.oldestPending != nil)
      #expect(status.delayed == 1)
      #expect(status.nextDue == due)
    }
  }
}
