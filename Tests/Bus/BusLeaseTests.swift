import Bus
import Competition
import TestKit
import Testing

@Suite("A bus keeps to its leases", .timeLimit(.minutes(2)))
struct BusLeaseTests {
  @Test("a dead consumer's entries go to another when its lease has run out", arguments: BusKind.allCases)
  func reclaim(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let dead = try await harness.consumer(ScoreTask.self, "dead")
      let heir = try await harness.consumer(ScoreTask.self, "heir")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2)])
      let taken = try await dead.read(count: 10, wait: .zero).deliveries
      try await dead.acknowledge([taken[0].id])
      #expect(try await heir.reclaim(count: 10).deliveries.isEmpty, "its lease has not run out")
      try await harness.passLease()
      #expect(try await heir.reclaim(count: 10).deliveries.map(\.message) == [.numbered(2)])
      #expect(try await dead.renew([taken[1].id]).isEmpty, "it is the heir's now")
    }
  }

  @Test("a lease that is renewed does not run out", arguments: BusKind.allCases)
  func renewal(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      let other = try await harness.consumer(ScoreTask.self, "other")
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let ids = try await worker.read(count: 10, wait: .zero).deliveries.map(\.id)
      try await harness.passLease()
      #expect(try await worker.renew(ids) == ids)
      #expect(try await other.reclaim(count: 10).deliveries.isEmpty)
    }
  }

  @Test("what a consumer lets go of another takes at once", arguments: BusKind.allCases)
  func release(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let leaving = try await harness.consumer(ScoreTask.self, "leaving")
      let staying = try await harness.consumer(ScoreTask.self, "staying")
      try await harness.bus.publish([ScoreTask.numbered(1)])
      try await leaving.release(try await leaving.read(count: 10, wait: .zero).deliveries.map(\.id))
      #expect(try await staying.reclaim(count: 10).deliveries.map(\.message) == [.numbered(1)])
    }
  }

  @Test("a consumer with unfinished entries is not removed, one without is", arguments: BusKind.allCases)
  func leaving(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let busy = try await harness.consumer(ScoreTask.self, "busy")
      let idle = try await harness.consumer(ScoreTask.self, "idle")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2)])
      _ = try await busy.read(count: 1, wait: .zero)
      try await idle.acknowledge(try await idle.read(count: 1, wait: .zero).deliveries.map(\.id))
      try await busy.leave()
      try await idle.leave()
      let group = try await harness.bus.status().streams.first { $0.stream == .predictionsPending }?.groups.first
      #expect(group?.consumers == 1)
      #expect(group?.pending == 1)
    }
  }

  @Test("an owner that lost its lease can neither renew, acknowledge, release nor discard", arguments: BusKind.allCases)
  func fencing(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let frozen = try await harness.consumer(ScoreTask.self, "frozen")
      let heir = try await harness.consumer(ScoreTask.self, "heir")
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let lost = try await frozen.read(count: 1, wait: .zero).deliveries
      try await harness.passLease()
      let taken = try await heir.reclaim(count: 10).deliveries
      #expect(taken.map(\.id) == lost.map(\.id))
      #expect(taken.map(\.deliveries) == [2])
      let ids = lost.map(\.id)
      #expect(try await frozen.renew(ids).isEmpty)
      #expect(try await frozen.acknowledge(ids).isEmpty)
      try await frozen.release(ids)
      try await frozen.retry(ids, after: .zero)
      try await frozen.discard([
        RejectedEntry(entry: BusEntry(id: ids[0], fields: []), error: .corrupt(""), deliveries: 1)
      ])
      let pending = try await harness.bus.pending(of: .predictionsPending, limit: 10)
      #expect(pending.map(\.consumer) == ["heir"])
      #expect(try #require(pending.first).idle < harness.lease)
      #expect(try await heir.acknowledge(ids) == ids)
    }
  }

  @Test(
    "work that was let go without being tried counts no delivery, work that failed does", arguments: BusKind.allCases)
  func attempts(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let ids = try await worker.read(count: 1, wait: .zero).deliveries.map(\.id)
      try await worker.release(ids)
      #expect(try await worker.reclaim(count: 1).deliveries.map(\.deliveries) == [1])
      try await worker.retry(ids, after: .zero)
      #expect(try await worker.reclaim(count: 1).deliveries.map(\.deliveries) == [2])
      try await worker.retry(ids, after: harness.lease)
      #expect(try await worker.reclaim(count: 1).deliveries.isEmpty, "its pause has not passed")
      try await harness.passLease()
      #expect(try await worker.reclaim(count: 1).deliveries.map(\.deliveries) == [3])
    }
  }

  @Test(
    "a group that was destroyed is made again, and what it had not finished comes again", arguments: BusKind.allCases)
  func destroyed(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2)])
      let read = try await worker.read(count: 2, wait: .zero).deliveries
      try await worker.acknowledge([read[0].id])
      try await harness.destroyGroup(.predictionsPending)
      try await harness.bus.publish([ScoreTask.numbered(3)])
      #expect(try await worker.acknowledge([read[1].id]).isEmpty, "nothing is owned in a group that is gone")
      var again: Set<ScoreTask> = []
      try await waitUntil("all unfinished entries come") {
        again.formUnion(try await worker.read(count: 10, wait: .zero).deliveries.map(\.message))
        return again.isSuperset(of: [.numbered(2), .numbered(3)])
      }
    }
  }
}
