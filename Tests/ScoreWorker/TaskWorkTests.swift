import Bus
import Competition
import ServiceKit
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("What becomes of a batch of tasks", .timeLimit(.minutes(3)))
struct TaskWorkTests {
  private static let lease: Duration = .seconds(30)

  private func work(
    _ bench: ScoreBench, _ function: any ScoringFunction = DirectionalScore(),
    on store: (any ScoringStore)? = nil, maxDeliveries: Int = 3, lease: Duration = TaskWorkTests.lease,
    patience: Duration = TaskWorkTests.lease
  ) -> TaskWork {
    let store = store ?? bench.store
    return TaskWork(
      store: store, scorer: bench.scorer(function, on: store, patience: patience),
      policy: WorkPolicy(maxDeliveries: maxDeliveries, firstPause: .zero), lease: lease, workerName: "test",
      activity: bench.activity, logger: bench.logger)
  }

  private func consumer(_ bench: ScoreBench, _ name: String = "test") throws -> any BusConsumer<ScoreTask> {
    try bench.bus.consumer(of: ScoreTask.self, name: name, settings: ConsumerSettings(lease: Self.lease))
  }

  /// Handles what is there now, and what is to be tried again, until nothing is left.
  private func handleAll(_ work: TaskWork, _ bench: ScoreBench) async throws {
    let consumer = try consumer(bench)
    var batch = try await consumer.read(count: 100, wait: .zero)
    while !batch.isEmpty {
      _ = try await work.handle(batch, of: consumer, takenAt: Surrounding.current.uptime)
      bench.clock.advance(seconds: 60)
      batch = try await consumer.reclaim(count: 100)
    }
  }

  /// One due task, which a consumer has read.
  private func withTask(
    _ body: @Sendable (ScoreBench, any BusConsumer<ScoreTask>, Batch<ScoreTask>) async throws -> Void
  ) async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask()])
      let consumer = try consumer(bench)
      try await body(bench, consumer, try await consumer.read(count: 10, wait: .zero))
    }
  }

  private func pending(_ bench: ScoreBench) throws -> Int? {
    try bench.bus.status().group(of: .predictionsPending)?.pending
  }

  @Test("scored tasks are acknowledged, with a record of who scored them by which entry")
  func scored() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask(answers: ["a": 1, "b": 1])])
      try await handleAll(work(bench), bench)
      #expect(try pending(bench) == 0)
      let row = try #require(
        await bench.store.pool.query("SELECT worker, entry_id, deliveries::bigint, predictions::bigint FROM score_runs")
          .first)
      let entry = try #require(bench.bus.entries(of: .predictionsPending, after: nil, limit: 1).first)
      #expect(try row.text(0) == "test")
      #expect(try row.text(1) == entry.id.description)
      #expect(try row.int(2) == 1)
      #expect(try row.int(3) == 2)
    }
  }

  @Test("a task that was done before counts as such beside fresh ones")
  func repeated() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let (done, fresh) = (try await bench.addTask("done"), try await bench.addTask("fresh"))
      #expect(try await bench.scorer().handle([done]) == TaskScorer.Found(predictions: 1, tasks: 1))
      #expect(try await bench.scorer().handle([done, fresh]) == TaskScorer.Found(predictions: 1, tasks: 1))
      #expect(try await bench.scorer().handle([done, fresh]) == TaskScorer.Found())
    }
  }

  @Test("work whose lease was lost is dropped before its commit and acknowledged by nobody")
  func leaseLost() async throws {
    try await withTask { bench, consumer, batch in
      let longAgo = Surrounding.current.uptime - Self.lease
      #expect(try await work(bench).handle(batch, of: consumer, takenAt: longAgo) == 0)
      #expect(try await bench.ending(of: "INP-a").status == "PENDING")
      #expect(try pending(bench) == 1)
      let heir = try self.consumer(bench, "heir")
      let released = try await heir.reclaim(count: 10)
      #expect(released.deliveries.map(\.deliveries) == [1], "nobody waits for the lease of what is dropped")
      _ = try await work(bench).handle(released, of: heir, takenAt: Surrounding.current.uptime)
      #expect(try await bench.ending(of: "INP-a").status == "SCORED")
    }
  }

  @Test("entries that are handled one by one stay this worker's until their turn comes")
  func turns() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask("one"), try await bench.addTask("two")])
      let dying = try consumer(bench, "dying")
      _ = try await dying.read(count: 10, wait: .zero)
      // Suspicious by then.
      for _ in 0..<2 {
        bench.clock.advance(seconds: 60)
        _ = try await dying.reclaim(count: 10)
      }
      bench.clock.advance(seconds: 60)
      let renewals = RenewalWatch(base: try consumer(bench))
      let batch = try await renewals.reclaim(count: 10)
      let function = QueuedFunction()
      async let handled = work(bench, function, maxDeliveries: 8, lease: .seconds(1)).handle(
        batch, of: renewals, takenAt: Surrounding.current.uptime)
      try await waitUntil("the lease of both is renewed") { renewals.asked.contains(Set(batch.deliveries.map(\.id))) }
      await function.open()
      #expect(try await handled == 2)
      #expect(try pending(bench) == 0)
    }
  }

  @Test("a worker whose entry another has taken over commits nothing once it asks")
  func takenOver() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask()])
      let (slow, heir) = (try consumer(bench, "slow"), try consumer(bench, "heir"))
      let batch = try await slow.read(count: 10, wait: .zero)
      bench.clock.advance(seconds: 60)
      #expect(try await heir.reclaim(count: 10).deliveries.count == 1)
      let held = HeldWork(batch.deliveries.map(\.id), lease: .milliseconds(60), takenAt: Surrounding.current.uptime)
      try await held.renewing(with: slow, logger: bench.logger) {
        try await waitUntil("the loss is noticed") { !held.holds(batch.deliveries.map(\.id)) }
      }
      #expect(try await slow.acknowledge(batch.deliveries.map(\.id)).isEmpty)
    }
  }

  @Test(
    "a task that PostgreSQL refuses is tried again, then given up alone: the others of its batch are scored at once")
  func refused() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask("good"), try await bench.addTask("bad")])
      let store = RefusingStore(base: bench.store, refused: "bad")
      let consumer = try consumer(bench)
      let work = work(bench, on: store)
      let batch = try await consumer.read(count: 10, wait: .zero)
      _ = try await work.handle(batch, of: consumer, takenAt: Surrounding.current.uptime)
      #expect(try await bench.ending(of: "good-a").status == "SCORED")
      #expect(try await bench.ending(of: "bad-a").status == "PENDING")
      #expect(try pending(bench) == 1)

      bench.clock.advance(seconds: 60)
      var again = try await consumer.reclaim(count: 10)
      while !again.isEmpty {
        _ = try await work.handle(again, of: consumer, takenAt: Surrounding.current.uptime)
        bench.clock.advance(seconds: 60)
        again = try await consumer.reclaim(count: 10)
      }
      let bad = try await bench.ending(of: "bad-a")
      #expect(bad.status == "FAILED")
      #expect(try #require(bad.reason).hasPrefix("given up after 3 deliveries: PostgreSQL: refused for a test"))
      #expect(try pending(bench) == 0)
      let letter = try #require(try await bench.store.deadLetters.list(limit: 10).first)
      #expect(letter.kind == "refused" && letter.deliveries == 3 && letter.worker == "test")
      #expect(letter.payload["input_id"] == "bad")
    }
  }

  @Test("an entry whose workers ended again and again is given up without a further try")
  func poison() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try bench.bus.publish([try await bench.addTask("poison"), try await bench.addTask("good", at: bench.minute(0))])
      let dying = try consumer(bench, "dying")
      let poison = try await dying.read(count: 1, wait: .zero)
      for _ in 0..<3 {
        bench.clock.advance(seconds: 60)
        _ = try await dying.reclaim(count: 10)
      }
      bench.clock.advance(seconds: 60)
      try await handleAll(work(bench), bench)
      #expect(try await bench.ending(of: "good-a").status == "SCORED")
      let ending = try await bench.ending(of: "poison-a")
      #expect(ending.status == "FAILED")
      #expect(try #require(ending.reason).contains("5 deliveries"))
      #expect(poison.deliveries.count == 1)
      #expect(try await bench.store.deadLetters.list(limit: 10).map(\.kind) == ["worker"])
    }
  }

  @Test("work that a drain interrupts is handed on at once, and the delivery does not count")
  func interrupted() async throws {
    try await withTask { bench, consumer, batch in
      let work = work(bench, on: AwayStore(base: bench.store))
      let running = Task { try await work.handle(batch, of: consumer, takenAt: Surrounding.current.uptime) }
      running.cancel()
      await #expect(throws: CancellationError.self) { try await running.value }
      let heir = try self.consumer(bench, "heir")
      let taken = try await heir.reclaim(count: 10)
      #expect(taken.deliveries.map(\.deliveries) == [1])
    }
  }

  @Test("work is handed on when PostgreSQL stays away from this worker alone, and the delivery does not count")
  func cutOff() async throws {
    try await withTask { bench, consumer, batch in
      let cutOff = work(bench, on: AwayStore(base: bench.store), patience: .zero)
      #expect(try await cutOff.handle(batch, of: consumer, takenAt: Surrounding.current.uptime) == 0)
      let heir = try self.consumer(bench, "heir")
      let taken = try await heir.reclaim(count: 10)
      #expect(taken.deliveries.map(\.deliveries) == [1])
      _ = try await work(bench).handle(taken, of: heir, takenAt: Surrounding.current.uptime)
      #expect(try await bench.ending(of: "INP-a").status == "SCORED")
    }
  }

  @Test("damaged entries become dead letters and are gone, and their batch is scored")
  func damaged() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      bench.bus.append([("v", "1"), ("kind", "score.task"), ("input_id", "\0")], to: .predictionsPending)
      bench.bus.append([("v", "9"), ("kind", "score.task")], to: .predictionsPending)
      try bench.bus.publish([try await bench.addTask()])
      try await handleAll(work(bench), bench)
      #expect(try await bench.ending(of: "INP-a").status == "SCORED")
      let letters = try await bench.store.deadLetters.list(limit: 10)
      #expect(letters.map(\.kind) == ["decoding"])
      #expect(letters.first?.cause == "field scope_key is missing")
      let stream = try bench.bus.status().stream(.predictionsPending)
      #expect(stream?.parked == 1 && stream?.length == 1)
    }
  }
}
