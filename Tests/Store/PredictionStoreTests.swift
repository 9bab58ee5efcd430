import Competition
import Store
import TestKit
import Testing

@Suite("Predictions")
struct PredictionStoreTests {
  private let due = Timestamp(seconds: 1_771_000_000)

  @Test("one prediction per input, scope key and model is kept, the first")
  func onlyOnce() async throws {
    try await TestDatabase.withWorld { world, _ in
      let predictions = world.store.predictions
      let first = try await predictions.record([
        World.prediction("p1", due: due), World.prediction("p2", model: "b", due: due),
      ])
      #expect(first == 2)
      let second = try await predictions.record([
        World.prediction("p1", due: due), World.prediction("other", model: "b", due: due),
        World.prediction("p3", scopeKey: "BTC-300", due: due),
      ])
      #expect(second == 1)
      #expect(try await world.count(.predictions) == 3)
    }
  }

  @Test("only those that wait are loaded, task by task in order of id, whole")
  func pending() async throws {
    try await TestDatabase.withWorld(models: ["a", "b", "c"]) { world, _ in
      try await world.addInput("INP2")
      let predictions = world.store.predictions
      let waiting = [
        World.prediction("p1", model: "b", due: due), World.prediction("p2", model: "a", due: due),
        World.prediction("q1", model: "a", input: "INP2", due: due),
      ]
      _ = try await predictions.record(
        waiting + [
          World.prediction("p3", model: "c", status: .failed, due: due),
          World.prediction("x", model: "c", scopeKey: "other", due: due),
        ])
      let tasks = ["INP", "INP2"].map { TaskKey(inputID: $0, scopeKey: World.scopeKey) }
      var loaded = try await predictions.pending(of: tasks, limitPerTask: 10)
      for index in loaded.indices { loaded[index].executionMilliseconds = 1.5 }  // not loaded: scoring needs none
      #expect(loaded == waiting)
      #expect(try await predictions.pending(of: tasks, limitPerTask: 1).map(\.id) == ["p1", "q1"])
    }
  }

  @Test("pages of undone tasks follow each other by time and miss none that fall together")
  func unscoredPages() async throws {
    try await TestDatabase.withWorld { world, _ in
      let store = world.store
      let inputs = (0..<12).map { "I\($0)" }
      for input in inputs { try await world.addInput(input) }
      // Four tasks at each of three moments, two predictions each.
      let all = inputs.enumerated().flatMap { index, input in
        ["a", "b"].map {
          World.prediction(
            "\(input)-\($0)", model: $0, input: input, due: due.adding(seconds: index / 4))
        }
      }
      _ = try await store.predictions.record(all)
      var seen: [PredictionStore.UnscoredTask] = []
      var after: Timestamp?
      while true {
        let page = try await store.predictions.unscored(
          resolvableThrough: due.adding(seconds: 100), after: after, limit: 3)
        guard let last = page.last else { break }
        seen += page
        after = last.resolvableAt
      }
      #expect(seen.count == 12)
      #expect(Set(seen.map(\.key.inputID)) == Set(inputs))
      #expect(seen.map(\.resolvableAt) == seen.map(\.resolvableAt).sorted())
      #expect(seen.first?.subject == "BTC")
      #expect(seen.first?.performedAt == due.adding(seconds: -60))
      let early = try await store.predictions.unscored(resolvableThrough: due, after: nil, limit: 100)
      #expect(early.count == 4)
    }
  }

  @Test("a prediction that ended does not end again")
  func fail() async throws {
    try await TestDatabase.withWorld { world, _ in
      let predictions = world.store.predictions
      _ = try await predictions.record([World.prediction("p1", due: due), World.prediction("p2", model: "b", due: due)])
      _ = try await world.store.scores.commit([World.scored("p1")], bucketSeconds: 60)
      #expect(try await predictions.fail(["p1", "p2", "none"], reason: "gone") == 1)
      #expect(try await predictions.fail(["p2"], reason: "again") == 0)
      #expect(try await predictions.countByStatus() == [.scored: 1, .failed: 1])
      let reason = try await world.store.pool.query("SELECT failed_reason FROM predictions WHERE id = 'p2'")[0]
      #expect(reason.textIfPresent(0) == "gone")
    }
  }

  @Test("a truth once stored never changes, and its input shows it")
  func truths() async throws {
    try await TestDatabase.withWorld { world, _ in
      func truth(_ profit: Double, scopeKey: String = World.scopeKey) -> GroundTruth {
        GroundTruth(
          inputID: "INP", scopeKey: scopeKey, value: ["profit": .double(profit)], recordsDigest: "d", resolvedAt: due)
      }
      let truths = world.store.truths
      #expect(try await truths.save([truth(0.5)]) == [truth(0.5)])
      let later = try await truths.save([truth(0.75), truth(0.25, scopeKey: "BTC-300")])
      #expect(Set(later) == [truth(0.5), truth(0.25, scopeKey: "BTC-300")])
      let keys = [TaskKey(inputID: "INP", scopeKey: World.scopeKey), TaskKey(inputID: "none", scopeKey: "")]
      #expect(try await truths.load(keys) == [truth(0.5)])
      let input = try await world.store.pool.query(
        "SELECT status, (actuals_jsonb ->> 'profit')::float8 FROM inputs WHERE id = 'INP'")[0]
      #expect(try input.text(0) == "RESOLVED")
      #expect(try input.double(1) == 0.5)
    }
  }
}
