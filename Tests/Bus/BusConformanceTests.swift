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

  @Test("a task appears when it is due, not before, and once", arguments: BusKind.allCases)
  func delay(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let due = Timestamp(microseconds: 1_700_000_060_000_400)
      let task = ScoreTask.numbered(1, due: due)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.schedule([DelayedTask(task, at: due)])
      try await harness.bus.schedule([DelayedTask(task, at: due)])
      let early = try await harness.bus.promote(now: due.adding(seconds: -0.001), limit: 100)
      #expect(early.moved == 0)
      #expect(early.nextDue.map { $0 >= due } == true)
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.isEmpty)
      #expect(try await harness.bus.promote(now: due.adding(seconds: 0.001), limit: 100).moved == 1)
      #expect(
        try await harness.bus.promote(now: due.adding(seconds: 1), limit: 100) == Promotion(moved: 0, nextDue: nil))
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [task])
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
              let moved = try await harness.bus.promote(now: Timestamp(seconds: 1_800_000_000), limit: 10).moved
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
      #expect(Set(try await harness.bus.missing(all)) == [finished, gone])
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

  @Test("a damaged entry is taken out and told, the others are read", arguments: BusKind.allCases)
  func damage(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "1"), ("kind", "score.task"), ("input_id", "x")], .predictionsPending)
      try await harness.append([("nonsense", "")], .predictionsPending)
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.map(\.message) == [.numbered(1)])
      #expect(batch.rejected.count == 2)
      #expect(batch.rejected.map(\.isDropped) == [true, true])
      #expect(try await harness.bus.entries(of: .predictionsPending, after: nil, limit: 10).count == 1)
    }
  }

  @Test("an entry of a newer version stays for a newer worker", arguments: BusKind.allCases)
  func newerVersion(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "2"), ("kind", "score.task")], .predictionsPending)
      try await harness.append([("v", "1"), ("kind", "score.dance")], .predictionsPending)
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.isEmpty)
      #expect(batch.rejected.map(\.isDropped) == [false, false])
      let group = try await harness.bus.status().streams.first { $0.stream == .predictionsPending }?.groups.first
      #expect(group?.pending == 2)
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
      #expect(stream.groups.first?.oldestUnfinished != nil)
      #expect(status.delayed == 1)
      #expect(status.nextDue == due)
    }
  }
}
