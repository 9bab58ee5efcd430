import Bus
import Competition
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Tasks whose truth is not known", .timeLimit(.minutes(3)))
struct WaitingTests {
  @Test("a task whose truth is not final is put back, costs no attempt, and is scored when it is")
  func waits() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      let task = try await bench.addTask()
      for _ in 0..<20 {
        #expect(try await bench.scorer().handle([task]).predictions == 1)
        #expect(try await bench.ending(of: "INP-a") == ScoreBench.Ending(status: "PENDING"))
        let status = try await bench.bus.status()
        #expect(status.delayed == 1)
        #expect(try #require(status.nextDue) > task.resolvableAt)
        #expect(try await bench.published().allSatisfy { $0 == "INP" })
      }
      try await bench.price(110, at: 1)
      _ = try await bench.scorer().handle([task])
      #expect(try await bench.ending(of: "INP-a").status == "SCORED")
      #expect(try await bench.bus.status().delayed == 0)
    }
  }

  @Test("a task that waits holds up no other of its batch")
  func holdsUpNobody() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let tasks = [
        try await bench.addTask("late", at: bench.minute(5)), try await bench.addTask("known"),
      ]
      _ = try await bench.scorer().handle(tasks)
      #expect(try await bench.ending(of: "known-a").status == "SCORED")
      #expect(try await bench.ending(of: "late-a").status == "PENDING")
      #expect(try await bench.published() == ["late"])
    }
  }

  @Test("a task of many predictions that waits lets go of its worker")
  func bigTask() async throws {
    let models = (0..<(TaskScorer.predictionsPerTask + 1)).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      let task = try await bench.addTask(answers: Dictionary(models.map { ($0, 1) }) { first, _ in first })
      _ = try await bench.scorer().handle([task])
      #expect(try await bench.bus.status().delayed == 1)
      #expect(try await bench.store.predictions.countByStatus() == [.pending: models.count])
    }
  }

  @Test("a prediction whose truth never comes fails with a reason that a person can read")
  func never() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      let task = try await bench.addTask(answers: ["a": 1, "b": 0.5])
      _ = try await bench.scorer(maxWaitSeconds: 600).handle([task])
      for id in ["INP-a", "INP-b"] {
        let ending = try await bench.ending(of: id)
        #expect(ending.status == "FAILED" && ending.success == nil)
        let reason = try #require(ending.reason)
        #expect(reason.contains("the feed") && reason.contains("600"))
      }
      #expect(try await bench.bus.status().delayed == 0)
      #expect(try await bench.announced() == 0)
    }
  }

  @Test("a task of another tool, whose predictions are not there, ends without a trace")
  func unknownTask() async throws {
    try await ScoreBench.with { bench in
      var task = try await bench.addTask()
      task.inputID = "nobody's"
      #expect(try await bench.scorer().handle([task]).predictions == 0)
      #expect(try await bench.bus.status().delayed == 0)
      #expect(try await bench.ending(of: "INP-a").status == "PENDING")
    }
  }
}
