import Competition
import ServiceKit
import Store
import Testing

@testable import ReportWorker

@Suite("The routes of a tournament, asked for what cannot be,", .timeLimit(.minutes(2)))
struct TournamentRefusalTests {
  @Test("refuse a truth that has not the contract's fields, and name the row; a right one may follow")
  func truthShape() async throws {
    let value = CrunchContract.OutputField(name: "value", type: .float, defaultValue: nil)
    let contract = CrunchContract(shapes: ContractShapes(groundTruth: [value]))
    try await ReportBench.with(contract: contract, configure: { $0.commandWait = .seconds(60) }) { bench in
      _ = try await RoundWork.done(bench, RoundWork.path, #"{"round_id": "r", "answer_seconds": 5}"#)
      _ = try await RoundWork.done(bench, RoundWork.path + "/r/inference", RoundWork.features)
      let wrong = #"{"ground_truth": [{"value": 1}, {"vlaue": 1}]}"#
      let reply = try await bench.change(.post, RoundWork.path + "/r/score", wrong)
      #expect(reply.status == 422 && reply.detail == "the ground truth of row 1 has no field value")
      let right = #"{"ground_truth": [{"value": 1}, {"value": 2}]}"#
      #expect(try await RoundWork.done(bench, RoundWork.path + "/r/score", right).status == 200)
    }
  }

  @Test("say what does not validate, all of it at once and as the original's framework does")
  func invalid() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .zero }) { bench in
      func problems(_ path: String, _ body: String) async throws -> [String] {
        let reply = try await bench.change(.post, RoundWork.path + path, body)
        #expect(reply.status == 422, "\(body)")
        return (reply.json["detail"]?.array ?? []).map { problem in
          let place = problem["loc"]?.array?.map { $0.string ?? $0.text }.joined(separator: ".") ?? ""
          return "\(place) \(problem["type"]?.string ?? "")"
        }
      }
      let empty = try await bench.change(.post, RoundWork.path + "/r/inference", #"{"features": []}"#)
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
      #expect(try await problems("/a%20b/inference", RoundWork.features) == ["path.id string_pattern_mismatch"])
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
      let tooMany = try await bench.change(.post, RoundWork.path + "/r/inference", many)
      #expect(tooMany.status == 422 && tooMany.detail?.hasPrefix("10001 rows of features are too many") == true)
      #expect(try await bench.store.commands.open(.openRound, .askModels, .scoreRound, limit: 10).isEmpty)
    }
  }

  @Test("refuse a round whose answers would be waited for longer than its truth, also by what the contract says")
  func impossibleLimits() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .seconds(60) }) { bench in
      for (body, seconds) in [
        (#"{"round_id": "r", "answer_seconds": 90, "truth_seconds": 60}"#, ("90.0", "60.0")),
        (#"{"round_id": "r", "truth_seconds": 7}"#, ("60.0", "7.0")),
      ] {
        let reply = try await bench.change(.post, RoundWork.path, body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(
          reply.detail == "answer_seconds of \(seconds.0) is more than truth_seconds of \(seconds.1): rounds would end "
            + "before their answers are in")
      }
      #expect(try await bench.store.commands.open(.openRound, limit: 1).isEmpty)
      let equal = #"{"round_id": "r", "answer_seconds": 60, "truth_seconds": 60}"#
      #expect(try await RoundWork.done(bench, RoundWork.path, equal).status == 200)
    }
  }

  @Test("refuse what a round is not ready for, with the reason")
  func refused() async throws {
    try await ReportBench.with(configure: { $0.commandWait = .seconds(60) }) { bench in
      for path in ["/none/score", "/none/close"] {
        let reply = try await bench.change(.post, RoundWork.path + path, RoundWork.truth)
        #expect(reply.status == 404 && reply.detail == "Round not found")
      }
      #expect(try await bench.get(RoundWork.path + "/none").status == 404)
      #expect(try await RoundWork.done(bench, RoundWork.path, #"{"round_id": "r"}"#).status == 200)
      func conflict(_ path: String, _ body: String) async throws -> String? {
        let reply = try await RoundWork.done(bench, RoundWork.path + path, body)
        #expect(reply.status == 409, "\(reply.text)")
        return reply.detail
      }
      #expect(try await conflict("", #"{"round_id": "r", "truth_seconds": 700}"#) == "the round r is there already")
      #expect(try await conflict("/r/score", RoundWork.truth) == "the round r has no features yet")
      #expect(try await RoundWork.done(bench, RoundWork.path + "/r/inference", RoundWork.features).status == 200)
      #expect(
        try await conflict("/r/inference", #"{"features": [{"x": 9}]}"#) == "the round r has its features already")
      let short = try await bench.change(.post, RoundWork.path + "/r/score", #"{"ground_truth": {"value": 1}}"#)
      #expect(short.status == 422 && short.detail == "the round r has 2 rows, and 1 truths were posted")
      #expect(try await RoundWork.done(bench, RoundWork.path + "/r/score", RoundWork.truth).status == 200)
      #expect(
        try await conflict("/r/score", #"{"ground_truth": [{"value": 9}, {"value": 9}]}"#)
          == "the truth of the round r was posted before")
      let command = try await bench.store.commands.requestOnce(
        .askModels, target: "s", payload: ["features": [["x": 1]]], by: AdminAction(actor: "me"))
      guard case .command(let asked) = command else { return }
      try await bench.store.commands.finish(id: asked.id, state: "failed", result: ["reason": "no model is connected"])
      let key = ["Idempotency-Key": "k"]
      async let reply = bench.change(.post, RoundWork.path + "/s/inference", #"{"features": [{"x": 1}]}"#, headers: key)
      var open: [CommandStore.Command] = []
      while open.isEmpty { open = try await bench.store.commands.open(.askModels, limit: 1) }
      try await bench.store.commands.finish(
        id: open[0].id, state: "failed", result: ["reason": "no model is connected"])
      #expect(try await reply.status == 409)
      let other = try await bench.change(
        .post, RoundWork.path + "/s/inference", #"{"features": [{"x": 2}]}"#, headers: key)
      #expect(other.status == 409 && other.detail == "Idempotency-Key was used with another request")
    }
  }
}
