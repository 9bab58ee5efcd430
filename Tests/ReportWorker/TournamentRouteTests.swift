import Competition
import ServiceKit
import Store
import Testing

@testable import ReportWorker

@Suite("The routes of a tournament", .timeLimit(.minutes(2)))
struct TournamentRouteTests {
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
        #expect(try await bench.get(RoundWork.path + "/\(id.percentEncoded)/status").json == status)
      }
    }
  }

  @Test("answer as the original's when the work is done in time: open, inference, score, status, close")
  func wholeRound() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .seconds(60) }) { bench in
      #expect(
        try await bench.get(RoundWork.path + "/r/status").json == [
          "round_id": "r", "status": "not_found", "total": 0, "by_status": [:],
        ])
      let opened = try await RoundWork.done(bench, RoundWork.path, #"{"round_id": "r", "answer_seconds": 5}"#)
      #expect(opened.status == 200 && opened.json["state"] == "open" && opened.json["answer_seconds"] == .double(5))
      #expect(opened.json["truth_seconds"] == .double(2_592_000), "the contract's")
      let asked = try await RoundWork.done(bench, RoundWork.path + "/r/inference", RoundWork.features)
      #expect(asked.status == 200)
      #expect(
        asked.json == ["round_id": "r", "model_count": 2, "prediction_count": 4, "status": "inference_complete"])
      #expect(
        try await bench.get(RoundWork.path + "/r/status").json == [
          "round_id": "r", "status": "inference_complete", "total": 4, "by_status": ["PENDING": 4],
        ])
      let scored = try await RoundWork.done(bench, RoundWork.path + "/r/score", RoundWork.truth)
      #expect(scored.status == 200 && scored.json["round_id"] == "r" && scored.json["scores_count"] == 4)
      #expect(
        scored.json["results"]?.array?.prefix(2) == [
          ["prediction_id": "r-0-a", "score": .double(-0.25), "success": true, "result": ["value": .double(-0.25)]],
          ["prediction_id": "r-0-b", "score": .double(-0.25), "success": false, "result": ["value": .double(-0.25)]],
        ])
      #expect(try await bench.get(RoundWork.path + "/r/status").json["status"] == "scored")
      // What comes twice is answered as the first time, and nothing is done for it.
      #expect(try await bench.change(.post, RoundWork.path + "/r/inference", RoundWork.features).json == asked.json)
      #expect(try await bench.change(.post, RoundWork.path + "/r/score", RoundWork.truth).json == scored.json)
      let closed = try await RoundWork.done(bench, RoundWork.path + "/r/close", "{}")
      #expect(closed.status == 200 && closed.json["state"] == "closed")
      #expect(closed.json["closed_reason"]?.string == "by \(AccessPolicy.thisMachine)")
      #expect(try await bench.get(RoundWork.path).rows == [closed.json])
      #expect(try await bench.get(RoundWork.path + "/r").json == closed.json)
      #expect(Schema.named("Round").problems(closed.json) == [])
      #expect(Schema.named("RoundScores").problems(scored.json) == [])
    }
  }

  @Test("answer 202 with the command while no worker has done it, and the command tells when one has")
  func accepted() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .zero }) { bench in
      let reply = try await bench.change(.post, RoundWork.path + "/r/inference", RoundWork.features)
      #expect(reply.status == 202 && reply.json["state"] == "pending" && reply.json["kind"] == "round.inference")
      #expect(Schema.named("Command").problems(reply.json) == [])
      let again = try await bench.change(.post, RoundWork.path + "/r/inference", RoundWork.features)
      #expect(again.json["id"] == reply.json["id"], "it is the same one")
      let id = try #require(reply.json["id"]?.string)
      #expect(try await bench.get("/reports/commands/\(id)").json == reply.json)
      try await RoundWork.work(bench)
      let done = try await bench.get("/reports/commands/\(id)")
      #expect(done.status == 200 && done.json["state"] == "done" && done.json["result"]?["prediction_count"] == 4)
      #expect(try await bench.get("/reports/commands/none").detail == "Command not found")
      #expect(
        try await bench.change(.post, RoundWork.path + "/r/inference", RoundWork.features).json["model_count"] == 2)
    }
  }

  @Test("changes need a key that may change, reading needs none")
  func keys() async throws {
    let keys = [
      KeyRing.Key(name: "ops", secret: "secret", tier: .admin), KeyRing.Key(name: "eyes", secret: "look", tier: .read),
    ]
    try await ReportBench.with(keys: keys, configure: { $0.commandWait = .zero }) { bench in
      for path in ["", "/r/inference", "/r/score", "/r/close"] {
        #expect(try await bench.change(.post, RoundWork.path + path, "{}").status == 401, "\(path)")
        let reader = try await bench.change(.post, RoundWork.path + path, "{}", headers: ["X-API-Key": "look"])
        #expect(reader.status == 403, "\(path)")
      }
      let made = try await bench.change(
        .post, RoundWork.path, #"{"round_id": "r"}"#, headers: ["X-API-Key": "secret"])
      #expect(made.status == 202)
      #expect(try await bench.store.commands.open(.openRound, limit: 1).first?.actor == "ops")
      for path in ["", "/r/status"] { #expect(try await bench.get(RoundWork.path + path).status == 200) }
    }
  }
}
