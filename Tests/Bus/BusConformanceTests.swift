import Bus
import Competition
import TestKit
import Testing

@Suite("A bus keeps its promises", .timeLimit(.minutes(2)))
struct BusConformanceTests {
  @Test("messages come as they were published, in their order", arguments: BusKind.allCases)
  func order(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let tasks = (0..<250).map { ScoreTask.numbered($0) }
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish(tasks)
      var read: [ScoreTask] = []
      while read.count < tasks.count {
        read += try await reader.read(count: 100, wait: .zero).deliveries.map(\.message)
      }
      #expect(read == tasks)
    }
  }

  @Test("a feed record and the news of scores keep every field", arguments: BusKind.allCases)
  func fields(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let record = FeedRecord(
        key: FeedKey(source: "pyth", subject: "BTC", kind: .candle, granularity: "1m"),
        eventTime: Timestamp(microseconds: 1_700_000_000_000_001), ingestedTime: Timestamp(seconds: 1_700_000_061),
        values: ["open": 1.5, "close": .double(0.1), "note": "Ω \"quoted\"\n"], meta: ["closed": true])
      let news = ScoresReady(
        inputID: "INP_1", scopeKey: "a b", periodStart: Timestamp(seconds: 1_700_000_040), scored: 7)
      let records = try await harness.consumer(FeedRecordMessage.self, "a")
      let scores = try await harness.consumer(ScoresReady.self, "a")
      try await harness.bus.publish([FeedRecordMessage(record)])
      try await harness.bus.publish([news])
      #expect(try await records.read(count: 10, wait: .zero).deliveries.map(\.message.record) == [record])
      #expect(try await scores.read(count: 10, wait: .zero).deliveries.map(\.message) == [news])
    }
  }

  @Test("consumers of a group share the entries, each once", arguments: BusKind.allCases)
  func sharing(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let first = try await harness.consumer(ScoreTask.self, "first")
      let second = try await harness.consumer(ScoreTask.self, "second")
      try await harness.bus.publish((0..<20).map { ScoreTask.numbered($0) })
      let one = try await first.read(count: 10, wait: .zero).deliveries
      let two = try await second.read(count: 100, wait: .zero).deliveries
      #expect(one.count == 10)
      #expect(Set((one + two).map(\.message)).count == 20)
      #expect(one.count + two.count == 20)
    }
  }

  @Test("entries published before the group was there are not lost", arguments: BusKind.allCases)
  func fromTheBeginning(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let reader = try await harness.consumer(ScoreTask.self, "late")
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [.numbered(1)])
    }
  }

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

  @Test("a task appears when it is due by the bus's clock, not before, and once", arguments: BusKind.allCases)
  func delay(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let now = try await harness.now()
      let (due, early) = (ScoreTask.numbered(1), ScoreTask.numbered(2))
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.schedule([DelayedTask(due, at: now), DelayedTask(early, at: now.adding(seconds: 600))])
      try await harness.bus.schedule([DelayedTask(due, at: now.adding(seconds: 600))])
      let promotion = try await harness.bus.promote(limit: 100)
      #expect(promotion.moved == 1)
      let wait = try #require(promotion.nextDueIn)
      #expect(wait > .seconds(300) && wait <= .seconds(600))
      #expect(try await harness.bus.promote(limit: 100).moved == 0)
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [due])
    }
  }

  @Test(
    "a full stream takes no more: producers are told, and due tasks stay where they are", arguments: BusKind.allCases)
  func backPressure(kind: BusKind) async throws {
    try await BusHarness.with(kind, limits: BusLimits(streamLength: 5)) { harness in
      let past = try await harness.now().adding(seconds: -1)
      let tasks = (0..<9).map { ScoreTask.numbered($0) }
      try await harness.bus.schedule(tasks.map { DelayedTask($0, at: past) })
      let promotion = try await harness.bus.promote(limit: 100)
      #expect(promotion.moved == 5)
      #expect(try #require(promotion.nextDueIn) <= .zero)
      await #expect(throws: BusError.backlog(.predictionsPending, length: 5)) {
        try await harness.bus.publish([ScoreTask.numbered(10)])
      }
      #expect(try await harness.bus.status().overdue == 4)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge(read.map(\.id))
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 5)
      #expect(try await harness.bus.promote(limit: 100).moved == 4)
      let rest = try await reader.read(count: 10, wait: .zero).deliveries
      #expect(Set((read + rest).map(\.message)) == Set(tasks))
    }
  }

  @Test("many promote, each task moves once", arguments: BusKind.allCases)
  func promoters(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let tasks = (0..<300).map { ScoreTask.numbered($0) }
      try await harness.bus.schedule(tasks.map { DelayedTask($0, at: $0.resolvableAt) })
      let moved = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var sum = 0
            while true {
              let moved = try await harness.bus.promote(limit: 10).moved
              if moved == 0 { return sum }
              sum += moved
            }
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(moved == 300)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let read = try await reader.read(count: 1_000, wait: .zero).deliveries
      #expect(Set(read.map(\.message)) == Set(tasks))
      #expect(read.count == 300)
    }
  }

  @Test("missing is what neither waits nor lies unfinished in the stream", arguments: BusKind.allCases)
  func missing(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let (waiting, unread, inWork, finished, gone) = (
        ScoreTask.numbered(1), ScoreTask.numbered(2), ScoreTask.numbered(3), ScoreTask.numbered(4),
        ScoreTask.numbered(5)
      )
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.schedule([DelayedTask(waiting, at: Timestamp(seconds: 2_000_000_000))])
      try await harness.bus.publish([finished, inWork])
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge([read[0].id])
      try await harness.bus.publish([unread])
      let all = [waiting, unread, inWork, finished, gone]
      #expect(Set(try await harness.bus.missing(all) ?? []) == [finished, gone])
    }
  }

  @Test("what was finished behind an entry that is still in work counts as missing", arguments: BusKind.allCases)
  func missingBehindWork(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2), .numbered(3)])
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge([read[1].id])
      #expect(try await harness.bus.missing([.numbered(1), .numbered(2), .numbered(3)]) == [.numbered(2)])
      try await harness.delete([read[2].id], .predictionsPending)
      #expect(try await harness.bus.missing([.numbered(1), .numbered(3)]) == [.numbered(3)])
    }
  }

  @Test("with very much unfinished nothing is looked through", arguments: BusKind.allCases)
  func muchUnfinished(kind: BusKind) async throws {
    try await BusHarness.with(kind, limits: BusLimits(scan: 5_000)) { harness in
      _ = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish((0..<7_000).map { ScoreTask.numbered($0) })
      #expect(try await harness.bus.missing([.numbered(9_999)]) == nil)
    }
  }

  @Test("a loss is told once, and reading goes on after it", arguments: BusKind.allCases)
  func loss(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      #expect(try await harness.bus.checkForLoss(), "an empty bus was never there")
      #expect(try await harness.bus.checkForLoss() == false)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.flush()
      #expect(try await harness.bus.checkForLoss())
      #expect(try await harness.bus.missing([.numbered(1)]) == [.numbered(1)])
      try await harness.bus.publish([ScoreTask.numbered(1)])
      try await waitUntil("the entry comes") {
        try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [.numbered(1)]
      }
    }
  }

  @Test("damaged entries are told and then taken out, the others are read", arguments: BusKind.allCases)
  func damage(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "1"), ("kind", "score.task"), ("input_id", "x")], .predictionsPending)
      try await harness.append([("nonsense", "")], .predictionsPending)
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.map(\.message) == [.numbered(1)])
      #expect(batch.rejected.map(\.isCorrupt) == [true, true])
      #expect(try await harness.bus.entries(of: .predictionsPending, after: nil, limit: 10).count == 3)
      try await reader.discard(batch.rejected)
      #expect(try await harness.bus.entries(of: .predictionsPending, after: nil, limit: 10).count == 1)
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 1)
      #expect(try await harness.bus.status().stream(.predictionsPending)?.parked == 0)
    }
  }

  @Test("an entry of a newer version or kind is parked, and holds up nothing", arguments: BusKind.allCases)
  func newerVersion(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "2"), ("kind", "score.task")], .predictionsPending)
      try await harness.append([("v", "1"), ("kind", "score.dance")], .predictionsPending)
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.isEmpty)
      #expect(batch.rejected.map(\.isCorrupt) == [false, false])
      try await reader.discard(batch.rejected)
      let stream = try await harness.bus.status().stream(.predictionsPending)
      #expect(stream?.parked == 2 && stream?.length == 0 && stream?.groups.first?.pending == 0)
      #expect(try await reader.unpark(limit: 10) == 0)
    }
  }

  @Test("a parked entry goes back to the stream for a worker that can read it", arguments: BusKind.allCases)
  func unparking(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let task = ScoreTask.numbered(1)
      try await harness.append(task.entry, .predictionsPending)
      let delivery = try #require(try await reader.read(count: 10, wait: .zero).deliveries.first)
      // As an older worker would have seen it.
      let older = RejectedEntry(
        entry: BusEntry(id: delivery.id, fields: task.entry), error: .unknown("version"), deliveries: 1)
      try await reader.discard([older])
      #expect(try await reader.unpark(limit: 10) == 1)
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [task])
      #expect(try await harness.bus.status().stream(.predictionsPending)?.parked == 0)
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

  @Test("entries that were removed while in work are told and pending no more", arguments: BusKind.allCases)
  func removedInWork(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2)])
      let ids = try await worker.read(count: 2, wait: .zero).deliveries.map(\.id)
      try await harness.delete([ids[0]], .predictionsPending)
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 2, "Redis does not notice")
      let heir = try await harness.bus.consumer(
        of: ScoreTask.self, name: "heir", settings: ConsumerSettings(lease: .zero))
      let batch = try await heir.reclaim(count: 10)
      #expect(batch.lost == 1)
      #expect(batch.deliveries.map(\.message) == [.numbered(2)])
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 1)
    }
  }

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
