import Bus
import Competition
import Logging
import Models
import Store
import TestKit
import Testing

@testable import PredictWorker

@Suite("Committing answers", .timeLimit(.minutes(3)))
struct AnswerCommitterTests {
  /// A committer with an open slot of the models `a`, `b` and `c`.
  private struct Bench: Sendable {
    let store: Store
    let clock: ManualClock
    let bus: FlakyBus
    let committer: AnswerCommitter
    let slot: PredictionSlot
    let records = PredictionRecord(contract: .default, hasManySubjects: false)

    /// - Parameter dueInSeconds: from now.
    init(_ store: Store, dueInSeconds: Double = 3_600) async throws {
      self.store = store
      let clock = ManualClock(Sample.minute)
      self.clock = clock
      bus = FlakyBus(MemoryBus { clock.now })
      committer = AnswerCommitter(store: store, bus: bus, logger: Logger(label: "test"))
      let seeded = try await store.configs.seed([Sample.config()])
      var slot = Sample.slot(config: seeded.added[0])
      slot.resolvableAt = Timestamp.now().adding(seconds: dueInSeconds)
      self.slot = slot
      let models = ["a", "b", "c"].map(Sample.model)
      _ = try await store.slots.open(
        Input(id: "INP", rawData: [:], receivedAt: Sample.minute), slots: [slot], models: models)
    }

    func put(_ model: String, _ outcome: ModelAnswer.Outcome = .value(["value": 1])) async {
      let prediction = records.prediction(of: model, answer: outcome, milliseconds: 1, slot: Sample.open(slot))
      await committer.put(.prediction(prediction, of: slot))
    }

    func count() async throws -> Int? { try await store.predictions.countByStatus().values.reduce(0, +) }

    /// What a sweep would publish: tasks that PostgreSQL has and the bus lacks.
    func missing() async throws -> Int? {
      let undone = try await store.predictions.unscored(
        resolvableThrough: slot.resolvableAt, after: nil, limit: 10)
      return try bus.memory.missing(
        undone.map {
          ScoreTask(
            inputID: $0.key.inputID, scopeKey: $0.key.scopeKey, configID: $0.configID, subject: $0.subject,
            performedAt: $0.performedAt, resolvableAt: $0.resolvableAt)
        }
      )?.count
    }

    /// Lets the committer work until what was put is done.
    func finish() async throws {
      await committer.close()
      try await committer.run()
    }
  }

  @Test("answers are stored as they come, and their task waits once for its truth")
  func storedAndScheduled() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      let running = Task { try await bench.committer.run() }
      for (index, model) in ["a", "b", "c"].enumerated() {
        await bench.put(model)
        try await waitUntil("the answer of \(model) is stored") { try await bench.count() == index + 1 }
      }
      await bench.committer.put(.answered(bench.slot))
      await bench.committer.close()
      try await running.value
      let status = try await bench.bus.memory.status()
      #expect(status.delayed == 1 && status.nextDue == bench.slot.resolvableAt)
      #expect(bench.bus.scheduled == 1)
      #expect(try await bench.missing() == 0)
      #expect(try await bench.store.slots.unanswered(limit: 10).isEmpty)
    }
  }

  @Test("an answer that comes when its task is due and was handled gets a task of its own")
  func lateAnswer() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store, dueInSeconds: -1)
      let running = Task { try await bench.committer.run() }
      for model in ["a", "b"] {
        await bench.put(model)
        try await waitUntil("the task of \(model) waits") { try await bench.bus.memory.status().delayed == 1 }
        bench.clock.now = Timestamp.now()
        #expect(try await bench.bus.memory.promote(limit: 10).moved == 1)
      }
      await bench.committer.close()
      try await running.value
    }
  }

  @Test("a slot stays unanswered until all its models were heard")
  func unanswered() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      await bench.put("a")
      try await bench.finish()
      #expect(try await bench.store.slots.unanswered(limit: 10).map(\.slot) == [bench.slot])
    }
  }

  @Test("answers that failed are stored and need no task")
  func failuresOnly() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      await bench.put("a", .late)
      await bench.put("b", .failed("raised \0 with a NUL"))
      await bench.committer.put(
        .prediction(bench.records.absence(of: "c", slot: Sample.open(bench.slot)), of: bench.slot))
      try await bench.finish()
      #expect(try await bench.store.predictions.countByStatus() == [.failed: 2, .absent: 1])
      #expect(try await bench.bus.memory.status().delayed == 0)
    }
  }

  @Test("an answer that is stored already stays as it is")
  func twice() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      await bench.put("a")
      await bench.put("a", .failed("heard again"))
      try await bench.finish()
      #expect(try await bench.store.predictions.countByStatus() == [.pending: 1])
    }
  }

  @Test("a Redis that is away loses no answer: the task is scheduled later, or found by the sweep")
  func redisAway() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      bench.bus.isAway = true
      let running = Task { try await bench.committer.run() }
      await bench.put("a")
      await bench.committer.put(.answered(bench.slot))
      try await waitUntil("the slot is answered") { try await bench.store.slots.unanswered(limit: 1).isEmpty }
      #expect(try await bench.count() == 1)
      #expect(try await bench.missing() == 1)
      bench.bus.isAway = false
      await bench.put("b")
      await bench.committer.close()
      try await running.value
      #expect(try await bench.count() == 2)
      #expect(try await bench.missing() == 0)
    }
  }

  @Test("all that was put before the end is stored at the end")
  func drains() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      for model in ["a", "b", "c"] { await bench.put(model) }
      await bench.committer.put(.answered(bench.slot))
      try await bench.finish()
      #expect(try await bench.store.predictions.countByStatus() == [.pending: 3])
      #expect(try await bench.store.slots.unanswered(limit: 10).isEmpty)
    }
  }

  @Test("an answer that PostgreSQL refuses fails alone, with the reason")
  func refused() async throws {
    try await TestDatabase.with { database in
      let bench = try await Bench(database.store)
      try await database.store.pool.query(
        """
        ALTER TABLE predictions ADD CHECK ((inference_output_jsonb ->> 'value')::float IS DISTINCT FROM 13)
        """)
      await bench.put("a")
      await bench.put("b", .value(["value": 13]))
      await bench.put("c")
      try await bench.finish()
      let rows = try await database.store.pool.query(
        "SELECT model_id, status, coalesce(failed_reason, '') FROM predictions ORDER BY model_id")
      #expect(try rows.map { try $0.text(0) + $0.text(1) } == ["aPENDING", "bFAILED", "cPENDING"])
      #expect(try rows[1].text(2).hasPrefix("the answer could not be stored"))
    }
  }
}
