import Bus
import Competition
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Scoring tasks", .timeLimit(.minutes(3)))
struct TaskScorerTests {
  @Test("every prediction of a batch has the score of its own answer and truth")
  func batch() async throws {
    try await ScoreBench.with { bench in
      for (minute, price) in [100.0, 110, 99].enumerated() { try await bench.price(price, at: minute) }
      let tasks = [
        try await bench.addTask("I1", answers: ["a": 0.5, "b": -1, "c": 7]),
        try await bench.addTask("I2", at: bench.minute(1), answers: ["a": 1]),
      ]
      #expect(try await bench.scorer().handle(tasks).predictions == 4)
      let values = ["I1-a": 0.05, "I1-b": -0.1, "I1-c": 0.1, "I2-a": -0.1]
      for (id, value) in values {
        let ending = try await bench.ending(of: id)
        #expect(ending.status == "SCORED" && ending.success == true && ending.reason == nil, "\(id)")
        #expect(abs(try #require(ending.value) - value) < 1e-12, "\(id)")
      }
      #expect(try await bench.announced() == 4)
    }
  }

  @Test("tasks of a batch whose scoring waits do not wait for each other")
  func waitingFunction() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      var tasks: [ScoreTask] = []
      for index in 0..<4 { tasks.append(try await bench.addTask("I\(index)")) }
      // Nobody goes on before all four have come: scored one after the other they would never end.
      let function = MeetingFunction(of: 4)
      _ = try await bench.scorer(function).handle(tasks)
      #expect(try await bench.store.predictions.countByStatus() == [.scored: 4])
    }
  }

  @Test("tasks that are handled again, or twice in one batch, change nothing")
  func twice() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(answers: ["a": 0.5, "b": -1])
      #expect(try await bench.scorer().handle([task, task]).predictions == 2)
      let rows = try await bench.scoreRows()
      #expect(rows.count == 2)
      // What comes later may neither be read into an old score nor make a new one.
      let other = FunctionStub { _ in .scored(["value": 9]) }
      #expect(try await bench.scorer(other).handle([task]).predictions == 0)
      #expect(try await bench.scoreRows() == rows)
      #expect(try await bench.announced() == 2)
    }
  }

  @Test("of workers that handle the same tasks at the same time each prediction is scored and announced once")
  func atTheSameTime() async throws {
    let models = (0..<40).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let answers = Dictionary(models.map { ($0, 0.5) }) { first, _ in first }
      var tasks: [ScoreTask] = []
      for index in 0..<10 { tasks.append(try await bench.addTask("I\(index)", answers: answers)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for turn in 0..<4 {
          let store = Store(bench.database.configuration, connections: 2)
          let order = turn.isMultiple(of: 2) ? tasks : tasks.reversed()
          group.addTask {
            for start in stride(from: 0, to: order.count, by: 3) {
              _ = try await bench.scorer(on: store).handle(Array(order[start..<min(start + 3, order.count)]))
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await bench.store.predictions.countByStatus() == [.scored: 400])
      #expect(try await bench.count("SELECT count(*) FROM scores") == 400)
      #expect(try await bench.count("SELECT count(*) FROM ground_truths") == 10)
      #expect(try await bench.announced() == 400)
    }
  }

  @Test("however many tasks there are, so many predictions are in memory at once, and all are scored")
  func manyTasks() async throws {
    let models = (0..<400).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let answers = Dictionary(models.map { ($0, 1.0) }) { first, _ in first }
      var tasks: [ScoreTask] = []
      for number in 0..<30 { tasks.append(try await bench.addTask("INP\(number)", answers: answers)) }
      let store = CountingStore(base: bench.store)
      #expect(try await bench.scorer(on: store).handle(tasks).predictions == 12_000)
      #expect(try await bench.store.predictions.countByStatus() == [.scored: 12_000])
      #expect(try #require(store.asked.max()) <= TaskScorer.predictionsAtOnce)
    }
  }

  @Test("a task with more predictions than are handled in one go is scored to its end")
  func manyPredictions() async throws {
    let models = (0..<(2 * TaskScorer.predictionsPerTask + 5)).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(answers: Dictionary(models.map { ($0, 1) }) { first, _ in first })
      #expect(try await bench.scorer().handle([task]).predictions == models.count)
      #expect(try await bench.store.predictions.countByStatus() == [.scored: models.count])
    }
  }

  @Test("a prediction whose score PostgreSQL refuses fails alone, with the reason")
  func refusedScore() async throws {
    let models = (0..<21).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(
        answers: Dictionary(models.map { ($0, $0 == "m13" ? 13 : 1) }) { first, _ in first })
      // jsonb has no NUL.
      let function = FunctionStub { .scored(["value": 1, "note": .string($0 == 13 ? "\0" : "fine")]) }
      _ = try await bench.scorer(function).handle([task])
      #expect(try await bench.store.predictions.countByStatus() == [.scored: 20, .failed: 1])
      let bad = try await bench.ending(of: "INP-m13")
      #expect(bad.status == "FAILED" && bad.success == nil)
      #expect(try #require(bad.reason).contains("could not be stored"))
      #expect(try await bench.announced() == 20)
    }
  }

  @Test("a score lost on its way to the leader is no less stored")
  func unannounced() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask()
      var scorer = bench.scorer()
      scorer = TaskScorer(
        store: scorer.store, bus: FlakyBus(bench.bus, refusing: [.publish]), truths: scorer.truths,
        contracts: scorer.contracts, concurrency: 1, bucketSeconds: 60, workerName: "test", patience: scorer.patience,
        logger: bench.logger)
      #expect(try await scorer.handle([task]).predictions == 1)
      #expect(try await bench.ending(of: "INP-a").status == "SCORED")
      #expect(try await bench.announced() == 0)
    }
  }
}
