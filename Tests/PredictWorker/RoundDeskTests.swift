import Callables
import Competition
import Logging
import Models
import ServiceKit
import Store
import TestKit
import Testing

@testable import PredictWorker

/// Rounds with models that are real processes.
@Suite("Rounds that somebody asks for", .serialized, .timeLimit(.minutes(5)))
struct RoundDeskTests {
  private static let features: JSONObject = ["features": [["x": 1], ["x": 2], ["x": 3]]]

  @Test("are opened, and each model is asked about each row once; one that fails leaves the others as they are")
  func wholeRound() async throws {
    try await RoundBench.with([
      "good": "return {'value': subject['x'] * 10 + step_seconds}", "raises": "raise ValueError('on purpose')",
      "nan": "return {'value': float('nan')}",
    ]) { bench, _ in
      try await bench.working {
        let opened = try await bench.ask(.openRound, ["answer_seconds": 30, "truth_seconds": 60])
        let asked = try await bench.ask(.askModels, Self.features)
        #expect(try await bench.settled(opened).state == "done")
        let done = try await bench.settled(asked)
        #expect(done.result == ["model_count": 3, "prediction_count": 9])
        let round = try #require(try await bench.store.rounds.round(id: "r"))
        #expect(round.state == .answered && round.limits == RoundLimits(answerSeconds: 30, truthSeconds: 60))
        #expect(round.modelIDs == ["good", "nan", "raises"] && round.openedBy == "me" && round.worker == "w")
        let found = try await bench.predictions()
        #expect(found.count == 9)
        for row in 0..<3 {
          #expect(found["r:\(row) good"]?.status == "PENDING")
          #expect(found["r:\(row) good"]?.value == Double((row + 1) * 10 + row))
          #expect(found["r:\(row) raises"]?.reason?.contains("on purpose") == true)
          #expect(found["r:\(row) nan"]?.status == "FAILED")
        }
        let input = try await bench.store.inputs.load(ids: [round.inputID ?? ""])
        #expect(input.first?.rawData["features"] == Self.features["features"])
        // Another set of features for it is refused, also when it is the worker that finds out.
        try await bench.store.pool.query("UPDATE commands SET state = 'failed' WHERE id = $1", [.text(asked)])
        let second = try await bench.settled(try await bench.ask(.askModels, ["features": [["x": 9]]]))
        #expect(second.state == "failed" && second.result["reason"] == "the round r has its features already")
        #expect(try await bench.predictions().count == 9)
      }
    }
  }

  @Test("that a worker left unfinished are taken up by the next: what was answered stays, what is missing is asked")
  func takenUp() async throws {
    try await RoundBench.with(["a": "return {'value': 1}", "b": "return {'value': 2}"]) { bench, _ in
      let command = try await bench.ask(.askModels, Self.features)
      let now = Timestamp.now()
      let models = await bench.cluster.models().map { Model($0, createdAt: now) }
      let round = try await bench.store.rounds.begin(
        id: "r", by: "me", limits: RoundLimits(),
        .init(
          inferenceID: command, input: Input(id: "INP", rawData: Self.features, receivedAt: now), featureCount: 3,
          models: models, absences: [], contractID: nil, worker: "dead"))
      let row = try #require(RoundRow(round, row: 1, features: ["x": 2], contract: RoundBench.contract))
      let records = PredictionRecord(contract: RoundBench.contract, hasManySubjects: false)
      try await bench.store.rounds.record(
        [
          records.prediction(of: "a", answer: .value(["value": 7]), milliseconds: 1, slot: row.open).ofRound
        ], of: "r")
      try await bench.working("next") {
        #expect(try await bench.settled(command).result == ["model_count": 2, "prediction_count": 6])
        let found = try await bench.predictions()
        #expect(found["r:1 a"]?.value == 7 && found["r:0 a"]?.value == 1 && found["r:1 b"]?.value == 2)
        #expect(try await bench.store.rounds.round(id: "r")?.worker == "dead", "it goes on, it does not begin again")
      }
    }
  }

  @Test("that would end before their answers are in are not opened, whoever asks for them")
  func impossible() async throws {
    try await RoundBench.with(["a": "return {'value': 1}"]) { bench, _ in
      try await bench.working {
        let ended = try await bench.settled(
          try await bench.ask(.openRound, ["answer_seconds": 90, "truth_seconds": 60]))
        #expect(ended.state == "failed")
        #expect(ended.result["reason"]?.string?.hasPrefix("answer_seconds of 90.0 is more than") == true)
        #expect(try await bench.store.rounds.round(id: "r") == nil)
      }
    }
  }

  @Test("an answer counts as the competition's validator says")
  func validated() async throws {
    try await RoundBench.with(["wild": "return {'value': 7}"]) { bench, _ in
      try await bench.working(validator: OutputValidator(.clip)) {
        try await bench.settled(try await bench.ask(.askModels, Self.features)).expect(done: true)
        #expect(try await bench.predictions()["r:0 wild"]?.value == 1)
      }
    }
  }

  @Test("answers that died with their worker are failed with that reason when their time is up")
  func lost() async throws {
    try await RoundBench.with(["a": "return {'value': 1}"]) { bench, _ in
      let command = try await bench.ask(.askModels, Self.features)
      let past = Timestamp.now().adding(seconds: -120)
      let models = await bench.cluster.models().map { Model($0, createdAt: past) }
      _ = try await bench.store.rounds.begin(
        id: "r", by: "me", limits: RoundLimits(answerSeconds: 60, truthSeconds: 600),
        .init(
          inferenceID: command, input: Input(id: "INP", rawData: Self.features, receivedAt: past), featureCount: 3,
          models: models, absences: [], contractID: nil, worker: "dead"))
      try await bench.working {
        #expect(try await bench.settled(command).result == ["model_count": 1, "prediction_count": 3])
        let found = try await bench.predictions()
        #expect(
          found.values.allSatisfy { $0.status == "FAILED" && $0.reason?.contains("the worker that asked") == true })
      }
    }
  }

  @Test("an answer after the deadline is late; a model that left before is ABSENT; the round goes on without both")
  func lateAndAbsent() async throws {
    try await RoundBench.with([
      "good": "return {'value': 1}", "hangs": "time.sleep(3600)", "leaves": "return {'value': 1}",
    ]) { bench, orchestrator in
      try await bench.working {
        try await bench.ask(.openRound, ["answer_seconds": 2, "truth_seconds": 60])
        try await bench.ask(.openRound, ["answer_seconds": 2, "truth_seconds": 60], round: "before")
        // The desk has seen it before it leaves.
        try await bench.settled(try await bench.ask(.askModels, ["features": [["x": 1]]], round: "before"))
          .expect(done: true)
        try orchestrator.remove("leaves")
        try await waitUntil("the model left") { await bench.cluster.models().count == 2 }
        try await bench.settled(try await bench.ask(.askModels, ["features": [["x": 1]]])).expect(done: true)
        let found = try await bench.predictions()
        #expect(found["r:0 good"]?.status == "PENDING" && found["r:0 leaves"]?.status == "ABSENT")
        let hung = try #require(found["r:0 hangs"])
        #expect(hung.status == "FAILED" && hung.reason?.hasPrefix("late: ") == true, "\(hung)")
      }
    }
  }

  @Test("a model that was there before the worker was started anew, and is not, is ABSENT")
  func absentSinceRestart() async throws {
    try await RoundBench.with(["good": "return {'value': 1}", "leaves": "return {'value': 1}"]) { bench, orchestrator in
      try await bench.working {
        let before = try await bench.ask(.askModels, ["features": [["x": 1]]], round: "before")
        try await bench.settled(before).expect(done: true)
      }
      try orchestrator.remove("leaves")
      try await waitUntil("the model left") { await bench.cluster.models().count == 1 }
      try await bench.working("next") {
        try await bench.settled(try await bench.ask(.askModels, ["features": [["x": 1]]])).expect(done: true)
      }
      let found = try await bench.predictions()
      #expect(found["r:0 good"]?.status == "PENDING" && found["r:0 leaves"]?.status == "ABSENT", "\(found)")
    }
  }

  @Test("one that is closed while its models are asked ends at once, and every model's answer says why it is none")
  func closed() async throws {
    try await RoundBench.with(["good": "return {'value': 1}", "hangs": "time.sleep(3600)"]) { bench, _ in
      try await bench.working {
        let command = try await bench.ask(.askModels, Self.features)
        try await waitUntil("the good one has answered") { try await bench.predictions().count == 3 }
        #expect(try await bench.store.rounds.close(id: "r", reason: "by me") == 3)
        let ended = try await bench.settled(command)
        #expect(ended.state == "failed" && ended.result["reason"] == "the round r is closed: by me")
        let found = try await bench.predictions()
        #expect(found.count == 6 && found.values.allSatisfy { $0.status == "FAILED" && $0.reason?.isEmpty == false })
        #expect(found["r:2 hangs"]?.reason == "the round r was closed before the answer came")
      }
    }
  }
}
