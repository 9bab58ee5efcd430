import Competition
import ServiceKit
import Store
import Testing

@testable import ReportWorker

@Suite("The routes of a tournament", .timeLimit(.minutes(2)))
struct TournamentRouteTests {
  private static let path = "/tournament/rounds"
  private static let features = #"{"features": [{"x": 0.1}, {"x": 0.7}]}"#
  private static let truth = #"{"ground_truth": [{"value": 0.2}, {"value": 0.6}]}"#

  /// Does what workers do, for rounds whose models `a` and `b` answer 0.5.
  private static func work(_ bench: ReportBench) async throws {
    let (commands, rounds) = (bench.store.commands, bench.store.rounds)
    for command in try await commands.open(.openRound, .askModels, .scoreRound, .closeRound, limit: 10) {
      let words = try await commands.payload(id: command.id)
      switch command.kind {
      case .openRound:
        let limits = RoundLimits(
          answerSeconds: words["answer_seconds"]?.number ?? 0, truthSeconds: words["truth_seconds"]?.number ?? 0)
        _ = try await rounds.open(id: command.target, by: command.actor, limits: limits)
        try await commands.finish(id: command.id, state: "done", result: [:])
      case .askModels: try await ask(command, words["features"]?.array ?? [], bench)
      case .scoreRound:
        try await rounds.postTruth(
          of: command.target, command: command.id, values: words["ground_truth"]?.array?.map { $0.object ?? [:] } ?? [])
        let tasks = try await rounds.makeDue(id: command.target) ?? []
        let pending = try await bench.store.predictions.pending(of: tasks.map(\.key), limitPerTask: 10)
        let outcomes = pending.map { prediction in
          ScoredPrediction.scored(
            Score(
              id: "SCR_" + prediction.id, predictionID: prediction.id, result: ["value": -0.25],
              success: prediction.modelID == "a", failedReason: prediction.modelID == "a" ? nil : "raised",
              scoredAt: .now()))
        }
        _ = try await bench.store.scores.commit(outcomes, bucketSeconds: 60)
        #expect(try await rounds.finishScoring(id: command.target))
        try await commands.finish(id: command.id, state: "done", result: [:])
      case .closeRound:
        _ = try await rounds.close(id: command.target, reason: "by \(command.actor)")
        try await commands.finish(id: command.id, state: "done", result: [:])
      default: break
      }
    }
  }

  private static func ask(_ command: CommandStore.Command, _ features: [JSON], _ bench: ReportBench) async throws {
    let rounds = bench.store.rounds
    let models = ["a", "b"].map {
      Model(id: $0, name: $0, playerID: "", playerName: "", deploymentIdentifier: "", createdAt: .now())
    }
    let now = Timestamp.now()
    let round = try await rounds.begin(
      id: command.target, by: command.actor, limits: RoundLimits(),
      .init(
        inferenceID: command.id,
        input: Input(id: "INP_" + command.target, rawData: ["features": .array(features)], receivedAt: now),
        featureCount: features.count, models: models, absences: [], contractID: nil, worker: "w"))
    for row in features.indices {
      for model in models {
        let scopeKey = TournamentRound.scopeKey(round.id, row: row)
        try await rounds.record(
          [
            Prediction(
              id: "\(round.id)-\(row)-\(model.id)", inputID: round.inputID ?? "", modelID: model.id, configID: nil,
              scopeKey: scopeKey, scope: [:], status: .pending, output: ["value": 0.5], performedAt: now,
              resolvableAt: now)
          ], of: round.id)
      }
    }
    let (_, predictions) = try await rounds.finishAsking(id: round.id)
    try await bench.store.commands.finish(
      id: command.id, state: "done", result: ["model_count": 2, "prediction_count": JSON(predictions)])
  }

  /// Sends a change and does the work that it asks for meanwhile.
  private static func done(_ bench: ReportBench, _ path: String, _ body: String) async throws -> ReportBench.Reply {
    async let reply = bench.change(.post, path, body)
    let worker = Task {
      while !Task.isCancelled {
        try await work(bench)
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    let answered = try await reply
    worker.cancel()
    _ = await worker.result
    return answered
  }

  @Test("the status counts predictions by their scope key, also of a round that has no row and whatever it is called")
  func statusWithoutRound() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      let rows = [
        ("r:0", "SCORED"), ("r:1", "SCORED"), ("r", "FAILED"), ("r2:0", "PENDING"), ("r ö;:0", "ABSENT"),
        ("R:0", "SCORED"),
        ("-r:0", "SCORED"), ("r;", "PENDING"),
      ]
      for (place, row) in rows.enumerated() {
        try await bench.run(
          "INSERT INTO predictions (id, input_id, model_id, scope_key, status) VALUES ($1, 'INP', 'a', $2, $3)",
          [.text("p\(place)"), .text(row.0), .text(row.1)])
      }
      let expected: KeyValuePairs<String, JSON> = [
        "r": ["round_id": "r", "status": "partial", "total": 3, "by_status": ["FAILED": 1, "SCORED": 2]],
        "r2": ["round_id": "r2", "status": "inference_complete", "total": 1, "by_status": ["PENDING": 1]],
        "r ö;": ["round_id": "r ö;", "status": "partial", "total": 1, "by_status": ["ABSENT": 1]],
        "R": ["round_id": "R", "status": "scored", "total": 1, "by_status": ["SCORED": 1]],
        "x": ["round_id": "x", "status": "not_found", "total": 0, "by_status": [:]],
      ]
      for (id, status) in expected {
        #expect(try await bench.get(Self.path + "/\(id.percentEncoded)/status").json == status)
      }
    }
  }

  @Test("answer as the original's when the work is done in time: open, inference, score, status, close")
  func wholeRound() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .seconds(60) }) { bench in
      #expect(
        try await bench.get(Self.path + "/r/status").json == [
          "round_id": "r", "status": "not_found", "total": 0, "by_status": [:],
        ])
      let opened = try await Self.done(bench, Self.path, #"{"round_id": "r", "answer_seconds": 5}"#)
      #expect(opened.status == 200 && opened.json["state"] == "open" && opened.json["answer_seconds"] == .double(5))
      #expect(opened.json["truth_seconds"] == .double(2_592_000), "the contract's")
      let asked = try await Self.done(bench, Self.path + "/r/inference", Self.features)
      #expect(asked.status == 200)
      #expect(
        asked.json == ["round_id": "r", "model_count": 2, "prediction_count": 4, "status": "inference_complete"])
      #expect(
        try await bench.get(Self.path + "/r/status").json == [
          "round_id": "r", "status": "inference_complete", "total": 4, "by_status": ["PENDING": 4],
        ])
      let scored = try await Self.done(bench, Self.path + "/r/score", Self.truth)
      #expect(scored.status == 200 && scored.json["round_id"] == "r" && scored.json["scores_count"] == 4)
      #expect(
        scored.json["results"]?.array?.prefix(2) == [
          ["prediction_id": "r-0-a", "score": .double(-0.25), "success": true, "result": ["value": .double(-0.25)]],
          ["prediction_id": "r-0-b", "score": .double(-0.25), "success": false, "result": ["value": .double(-0.25)]],
        ])
      #expect(try await bench.get(Self.path + "/r/status").json["status"] == "scored")
      // What comes twice is answered as the first time, and nothing is done for it.
      #expect(try await bench.change(.post, Self.path + "/r/inference", Self.features).json == asked.json)
      #expect(try await bench.change(.post, Self.path + "/r/score", Self.truth).json == scored.json)
      let closed = try await Self.done(bench, Self.path + "/r/close", "{}")
      #expect(closed.status == 200 && closed.json["state"] == "closed")
      #expect(closed.json["closed_reason"]?.string == "by \(AccessPolicy.thisMachine)")
      #expect(try await bench.get(Self.path).rows == [closed.json])
      #expect(try await bench.get(Self.path + "/r").json == closed.json)
      #expect(Schema.named("Round").problems(closed.json) == [])
      #expect(Schema.named("RoundScores").problems(scored.json) == [])
    }
  }

  @Test("answer 202 with the command while no worker has done it, and the command tells when one has")
  func accepted() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .zero }) { bench in
      let reply = try await bench.change(.post, Self.path + "/r/inference", Self.features)
      #expect(reply.status == 202 && reply.json["state"] == "pending" && reply.json["kind"] == "round.inference")
      #expect(Schema.named("Command").problems(reply.json) == [])
      let again = try await bench.change(.post, Self.path + "/r/inference", Self.features)
      #expect(again.json["id"] == reply.json["id"], "it is the same one")
      let id = try #require(reply.json["id"]?.string)
      #expect(try await bench.get("/reports/commands/\(id)").json == reply.json)
      try await Self.work(bench)
      let done = try await bench.get("/reports/commands/\(id)")
      #expect(done.status == 200 && done.json["state"] == "done" && done.json["result"]?["prediction_count"] == 4)
      #expect(try await bench.get("/reports/commands/none").detail == "Command not found")
      #expect(try await bench.change(.post, Self.path + "/r/inference", Self.features).json["model_count"] == 2)
    }
  }

  @Test("refuse a truth that has not the contract's fields, and name the row; a right one may follow")
  func truthShape() async throws {
    let value = CrunchContract.OutputField(name: "value", type: .float, defaultValue: nil)
    let contract = CrunchContract(shapes: ContractShapes(groundTruth: [value]))
    try await ReportBench.with(contract: contract, configure: { $0.commandWait = .seconds(60) }) { bench in
      _ = try await Self.done(bench, Self.path, #"{"round_id": "r", "answer_seconds": 5}"#)
      _ = try await Self.done(bench, Self.path + "/r/inference", Self.features)
      let wrong = #"{"ground_truth": [{"value": 1}, {"vlaue": 1}]}"#
      let reply = try await bench.change(.post, Self.path + "/r/score", wrong)
      #expect(reply.status == 422 && reply.detail == "the ground truth of row 1 has no field value")
      let right = #"{"ground_truth": [{"value": 1}, {"value": 2}]}"#
      #expect(try await Self.done(bench, Self.path + "/r/score", right).status == 200)
    }
  }

  @Test("say what does not validate, all of it at once and as the original's framework does")
  func invalid() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .zero }) { bench in
      func problems(_ path: String, _ body: String) async throws -> [String] {
        let reply = try await bench.change(.post, Self.path + path, body)
        #expect(reply.status == 422, "\(body)")
        return (reply.json["detail"]?.array ?? []).map { problem in
          let place = problem["loc"]?.array?.map { $0.string ?? $0.text }.joined(separator: ".") ?? ""
          return "\(place) \(problem["type"]?.string ?? "")"
        }
      }
      let empty = try await bench.change(.post, Self.path + "/r/inference", #"{"features": []}"#)
      #expect(empty.status == 400 && empty.detail == "features list is empty")
      #expect(try await problems("/r/inference", "{}") == ["body.features missing"])
      #expect(try await problems("/r/inference", #"{"features": {"x": 1}}"#) == ["body.features list_type"])
      #expect(
        try await problems("/r/inference", #"{"features": [{}, 1, "x"]}"#) == [
          "body.features.1 dict_type", "body.features.2 dict_type",
        ])
      #expect(
        try await problems("/r/inference", #"{"features": [{"x": "\u0000"}]}"#) == [
          "body.features.0 string_pattern_mismatch"
        ])
      #expect(try await problems("/a%20b/inference", Self.features) == ["path.id string_pattern_mismatch"])
      #expect(
        try await problems("/r/score", #"{"ground_truth": 1}"#) == [
          "body.ground_truth.dict[str,any] dict_type", "body.ground_truth.list[dict[str,any]] list_type",
        ])
      #expect(
        try await problems("/r/score", #"{"ground_truth": [1]}"#) == [
          "body.ground_truth.dict[str,any] dict_type", "body.ground_truth.list[dict[str,any]].0 dict_type",
        ])
      #expect(try await problems("", "{}") == ["body.round_id missing"])
      #expect(
        try await problems("", #"{"round_id": "a/b", "answer_seconds": 0, "truth_seconds": "x"}"#) == [
          "body.round_id string_pattern_mismatch", "body.answer_seconds greater_than_equal",
          "body.truth_seconds float_type",
        ])
      let many = #"{"features": [\#(Array(repeating: "{}", count: 10_001).joined(separator: ","))]}"#
      let tooMany = try await bench.change(.post, Self.path + "/r/inference", many)
      #expect(tooMany.status == 422 && tooMany.detail?.hasPrefix("10001 rows of features are too many") == true)
      #expect(try await bench.store.commands.open(.openRound, .askModels, .scoreRound, limit: 10).isEmpty)
    }
  }

  @Test("refuse what a round is not ready for, with the reason")
  func refused() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .seconds(60) }) { bench in
      for path in ["/none/score", "/none/close"] {
        let reply = try await bench.change(.post, Self.path + path, Self.truth)
        #expect(reply.status == 404 && reply.detail == "Round not found")
      }
      #expect(try await bench.get(Self.path + "/none").status == 404)
      #expect(try await Self.done(bench, Self.path, #"{"round_id": "r"}"#).status == 200)
      func conflict(_ path: String, _ body: String) async throws -> String? {
        let reply = try await Self.done(bench, Self.path + path, body)
        #expect(reply.status == 409, "\(reply.text)")
        return reply.detail
      }
      #expect(try await conflict("", #"{"round_id": "r", "truth_seconds": 7}"#) == "the round r is there already")
      #expect(try await conflict("/r/score", Self.truth) == "the round r has no features yet")
      #expect(try await Self.done(bench, Self.path + "/r/inference", Self.features).status == 200)
      #expect(
        try await conflict("/r/inference", #"{"features": [{"x": 9}]}"#) == "the round r has its features already")
      let short = try await bench.change(.post, Self.path + "/r/score", #"{"ground_truth": {"value": 1}}"#)
      #expect(short.status == 422 && short.detail == "the round r has 2 rows, and 1 truths were posted")
      #expect(try await Self.done(bench, Self.path + "/r/score", Self.truth).status == 200)
      #expect(
        try await conflict("/r/score", #"{"ground_truth": [{"value": 9}, {"value": 9}]}"#)
          == "the truth of the round r was posted before")
      let command = try await bench.store.commands.requestOnce(
        .askModels, target: "s", payload: ["features": [["x": 1]]], by: AdminAction(actor: "me"))
      guard case .command(let asked) = command else { return }
      try await bench.store.commands.finish(id: asked.id, state: "failed", result: ["reason": "no model is connected"])
      let key = ["Idempotency-Key": "k"]
      async let reply = bench.change(.post, Self.path + "/s/inference", #"{"features": [{"x": 1}]}"#, headers: key)
      var open: [CommandStore.Command] = []
      while open.isEmpty { open = try await bench.store.commands.open(.askModels, limit: 1) }
      try await bench.store.commands.finish(
        id: open[0].id, state: "failed", result: ["reason": "no model is connected"])
      #expect(try await reply.status == 409)
      let other = try await bench.change(
        .post, Self.path + "/s/inference", #"{"features": [{"x": 2}]}"#, headers: key)
      #expect(other.status == 409 && other.detail == "Idempotency-Key was used with another request")
    }
  }

  @Test("changes need a key that may change, reading needs none")
  func keys() async throws {
    let keys = [
      KeyRing.Key(name: "ops", secret: "secret", tier: .admin), KeyRing.Key(name: "eyes", secret: "look", tier: .read),
    ]
    try await ReportBench.with(keys: keys, configure: { $0.commandWait = .zero }) { bench in
      for path in ["", "/r/inference", "/r/score", "/r/close"] {
        #expect(try await bench.change(.post, Self.path + path, "{}").status == 401, "\(path)")
        let reader = try await bench.change(.post, Self.path + path, "{}", headers: ["X-API-Key": "look"])
        #expect(reader.status == 403, "\(path)")
      }
      let made = try await bench.change(
        .post, Self.path, #"{"round_id": "r"}"#, headers: ["X-API-Key": "secret"])
      #expect(made.status == 202)
      #expect(try await bench.store.commands.open(.openRound, limit: 1).first?.actor == "ops")
      for path in ["", "/r/status"] { #expect(try await bench.get(Self.path + path).status == 200) }
    }
  }
}
