import ChildProcesses
import Competition
import Foundation
import HTTPFetch
import Postgres
import Redis
import TestKit
import Testing

extension EndToEnd {
  /// Nodes of a workspace that `coordinator init --pack tournament` wrote, with its example models.
  @Suite("A tournament")
  struct TournamentTests {
    /// A running node of the pack, and how rounds are posted to it.
    private struct Tournament: Sendable {
      let node: RunningNode
      let folder: String

      static func with(_ body: @Sendable (Tournament) async throws -> Void) async throws {
        let parent = NSTemporaryDirectory() + "/tournament-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let folder = parent + "/cup"
        let made = RunningProcess(
          ChildProcess(
            executable: try Executables.products + "/coordinator", arguments: ["init", folder, "--pack", "tournament"]))
        #expect(try await made.ending.exitCode == 0, "\(made.lines)")
        let challenge = folder + "/challenge"
        try FileManager.default.copyItem(
          atPath: challenge + "/cup/cruncher.py", toPath: challenge + "/examples/_base/cruncher.py")
        try await RunningNode.with(variables: [
          "CRUNCH_CONTRACT": folder + "/node/contract.yaml", "SCHEDULED_PREDICTION_CONFIGS_PATH": "",
          "MODELS_DIR": challenge + "/examples", "MODEL_BASE_CLASSNAME": "cruncher.ModelBaseClass",
          "SCORE_INTERVAL_SECONDS": "2", "CHECKPOINT_INTERVAL_SECONDS": "4", "BUS_LEASE_SECONDS": "2",
          "COMMAND_WAIT_SECONDS": "0.5", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
        ]) { node in
          let tournament = Tournament(node: node, folder: folder)
          try await waitUntil("the report API answers") {
            do { return try await node.report("/healthz")["status"] == "ok" } catch { return false }
          }
          try await body(tournament)
        }
        try FileManager.default.removeItem(atPath: parent)
      }

      /// Sends a change until it is done: what is sent again is the same one. While the report worker is away, or no model
      /// is there yet, it is sent once more.
      func done(_ path: String, _ body: String) async throws -> JSON {
        let sent = Answers()
        try await waitUntil("POST \(path) is done") {
          let response: HTTPResponse
          do {
            response = try await HTTPClient().send(
              HTTPRequest(
                .post, url: node.reportURL + "/tournament/rounds" + path,
                headers: ["Content-Type": "application/json"], body: Array(body.utf8)))
          } catch { return false }
          let answer = try JSON(parsing: response.body)
          await sent.put(answer)
          let isEarly = answer["detail"]?.string?.hasPrefix("no model is connected") ?? false
          #expect([200, 202].contains(response.status) || isEarly, "\(answer.text)")
          return response.status == 200
        }
        return await sent.last
      }

      private actor Answers {
        var last: JSON = .null
        func put(_ answer: JSON) { last = answer }
      }

      func status(_ round: String) async throws -> JSON { try await node.report("/tournament/rounds/\(round)/status") }

      /// Waits until the three example models have joined.
      func waitForModels() async throws {
        try await waitUntil("models join") {
          let check = try await node.coordinator("check-models", "--features", #"{"a": 1}"#, "--wait", "5")
          return check.lines.last == "3 of 3 models answer as the contract asks"
        }
      }
    }

    private static let features = #"{"features": [{"a": 0.5, "b": 0.1}, {"a": -0.2, "b": 0.4}, {"a": 0.9, "b": 0.9}]}"#
    private static let truth = #"{"ground_truth": [{"value": 0.3}, {"value": 0.1}, {"value": 0.8}]}"#

    @Test(
      "goes from features to the payout: each row asked of each model once, scored by the posted truth, ranked, paid, verified"
    )
    func wholeRound() async throws {
      try await Tournament.with { tournament in
        let node = tournament.node
        let early = try await node.coordinator(
          "verify-e2e", "--url", node.reportURL, "--seconds", "1", "--skip", "checkpoint")
        #expect(early.exitCode == 1 && early.lines.contains { $0.contains("no round has features") })
        try await tournament.waitForModels()

        #expect(try await tournament.done("", #"{"round_id": "one", "answer_seconds": 30}"#)["state"] == "open")
        let asked = try await tournament.done("/one/inference", Self.features)
        #expect(
          asked == ["round_id": "one", "model_count": 3, "prediction_count": 9, "status": "inference_complete"])
        let waiting = try await node.database.store.pool.query(
          "SELECT id FROM predictions WHERE scope_key = 'one:2' LIMIT 1")
        let told = try await node.coordinator("explain", try waiting[0].text(0))
        #expect(told.lines.contains { $0.contains("it waits for the truth of the round one") }, "\(told.lines)")
        // Its predictions hold up nobody: the mark of the seals is not theirs.
        #expect(try await node.database.store.overview.pendingCount() == 0)

        let scored = try await tournament.done("/one/score", Self.truth)
        #expect(scored["scores_count"] == 9 && scored["results"]?.array?.count == 9)
        #expect(
          scored["results"]?.array?.allSatisfy { $0["success"] == true && ($0["score"]?.number ?? 1) <= 0 } == true)
        #expect(try await tournament.status("one")["status"] == "scored")
        // mean: 0.3, 0.1, 0.9, so it is off by 0.1 in one row alone.
        let board = try await ranking(node)
        #expect(board.first?["model_name"] == "mean" && board.count == 3)
        try await waitUntil("the checkpoint pays") {
          try await node.count(
            "SELECT count(*) FROM checkpoints WHERE jsonb_array_length(entries_jsonb -> 0 -> 'cruncher_rewards') = 3")
            > 0
        }
        let closed = try await tournament.done("/one/close", "{}")
        #expect(closed["state"] == "closed" && closed["scored_at"] != .null)

        let verified = try await node.coordinator("verify", "--json")
        #expect(verified.exitCode == 0, "\(verified.lines)")
        let trial = tournament.folder + "/challenge/data/trial_round.json"
        let watched = try await node.coordinator(
          "verify-e2e", "--url", node.reportURL, "--seconds", "60", "--round", trial)
        #expect(watched.exitCode == 0, "\(watched.lines.joined(separator: "\n"))")
        #expect(watched.lines.contains { $0.contains("3 models, 9 predictions, 9 scores") })
        let story = try await node.coordinator("explain", "one")
        #expect(story.lines.first == "round one: closed", "\(story.lines)")
        // What somebody changes afterwards is found.
        _ = try await node.database.store.pool.query(
          """
          UPDATE commands SET payload_jsonb = jsonb_set(payload_jsonb, '{ground_truth,0,value}', '0.31')
          WHERE kind = 'round.score' AND target = 'one'
          """)
        let tampered = try await node.coordinator("verify", "--json")
        #expect(tampered.exitCode == 1 && tampered.lines.joined().contains("commands"), "\(tampered.lines)")
        #expect(try await node.interrupt().exitCode == 0)
        #expect(try await node.database.store.audit.violations(atRest: true) == [])
      }
    }

    private func ranking(_ node: RunningNode) async throws -> [JSON] {
      try await waitUntil("the ranking") { try await node.report("/reports/leaderboard").array?.count == 3 }
      return try await node.report("/reports/leaderboard").array ?? []
    }

    @Test("workers that are killed and a Redis that loses everything cost a round nothing: each step has one effect")
    func killed() async throws {
      try await Tournament.with { tournament in
        let node = tournament.node
        try await tournament.waitForModels()
        let rows = (0..<200).map { #"{"a": \#(Double($0) / 100), "b": 0.5}"# }.joined(separator: ", ")
        async let asked = tournament.done("/big/inference", #"{"features": [\#(rows)]}"#)
        try await waitUntil("some have answered") {
          try await node.count("SELECT count(*) FROM predictions WHERE scope_key LIKE 'big:%'") > 0
        }
        kill(try #require(try node.workers()["predict-worker"]), SIGKILL)
        #expect(try await asked["prediction_count"] == 600)
        #expect(try await node.count("SELECT count(*) FROM predictions WHERE status = 'PENDING'") == 600)

        let redis = try RedisConnection(node.redis.configuration, name: "test")
        try await redis.send(RedisCommand("FLUSHALL"))
        kill(try #require(try node.workers()["score-worker"]), SIGKILL)
        let truths = (0..<200).map { #"{"value": \#(Double($0) / 100)}"# }.joined(separator: ", ")
        async let scored = tournament.done("/big/score", #"{"ground_truth": [\#(truths)]}"#)
        try await waitUntil("the truth is stored") {
          try await node.count("SELECT count(*) FROM tournament_rounds WHERE truth_id IS NOT NULL") == 1
        }
        // What is published by now is lost, and found again in PostgreSQL.
        try await redis.send(RedisCommand("FLUSHALL"))
        #expect(try await scored["scores_count"] == 600)
        #expect(try await tournament.status("big")["by_status"] == ["SCORED": 600])
        #expect(try await node.count("SELECT count(*) FROM ground_truths") == 200)
        #expect(try await node.interrupt().exitCode == 0)
        #expect(try await node.database.store.audit.violations(atRest: true) == [])
      }
    }

    @Test("a round whose truth does not come in time, or that is closed, ends with a reason, and holds up nothing")
    func withoutTruth() async throws {
      try await Tournament.with { tournament in
        let node = tournament.node
        try await tournament.waitForModels()
        _ = try await tournament.done("", #"{"round_id": "late", "answer_seconds": 5, "truth_seconds": 5}"#)
        _ = try await tournament.done("/late/inference", Self.features)
        _ = try await tournament.done("/shut/inference", Self.features)
        #expect(try await tournament.done("/shut/close", "{}")["state"] == "closed")
        try await waitUntil("the time of the truth is over") {
          try await node.report("/tournament/rounds/late")["state"] == "closed"
        }
        for round in ["late", "shut"] {
          #expect(try await tournament.status(round)["by_status"] == ["FAILED": 9])
        }
        let reasons = try await node.database.store.pool.query(
          "SELECT DISTINCT failed_reason FROM predictions ORDER BY 1")
        #expect(
          try reasons.map { try $0.text(0) }.first?.hasPrefix(
            "the round late ended without a truth: no truth was posted by ") == true)
        #expect(try reasons.map { try $0.text(0) }.last == "the round shut ended without a truth: by this machine")
        #expect(try await node.interrupt().exitCode == 0)
        #expect(try await node.database.store.audit.violations(atRest: true) == [])
      }
    }
  }
}
