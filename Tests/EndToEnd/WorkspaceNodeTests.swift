import ChildProcesses
import Competition
import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Nodes of workspaces that `coordinator init` wrote, on the feed that lies in them.
  @Suite("The node of a workspace")
  struct WorkspaceNodeTests {
    @Test(
      "ranks five models, pays them, and gives each prediction the score that the participants' backtest gives it",
      arguments: ["realtime", "trading"])
    func sameAsBacktest(_ pack: String) async throws {
      let parent = NSTemporaryDirectory() + "/workspace-\(UUID().uuidString)"
      let challenge = parent + "/cup/challenge"
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      let made = try await RunningProcess.run(
        Executables.products + "/coordinator", ["init", parent + "/cup", "--pack", pack])
      #expect(made.exitCode == 0, "\(made.lines)")
      try Self.join(challenge, pack)
      let sample = try String(contentsOfFile: challenge + "/data/sample.csv", encoding: .utf8)
      // The first two hours.
      let tape = try MinuteTape(
        Array(sample.split(separator: "\n").dropFirst().map(String.init).sorted().prefix(240)),
        path: parent + "/tape.csv")
      let backtest = try await Self.backtest(challenge, tape.path)
      let expected = Dictionary(
        (backtest["predictions"]?.array ?? []).filter { $0["result"]?.object != nil }.map {
          (Self.key($0["model"], $0["scope_key"], $0["subject"], $0["performed_at"]), $0["result"]?.object ?? [:])
        }, uniquingKeysWith: { $1 })
      #expect(expected.count > 500)

      let own = [
        "CRUNCH_CONTRACT": parent + "/cup/node/contract.yaml", "SCHEDULED_PREDICTION_CONFIGS_PATH": "",
        "PYTHONPATH": challenge + "/cup", "MODELS_DIR": challenge + "/examples",
        "MODEL_BASE_CLASSNAME": pack == "realtime" ? "tracker.TrackerBase" : "cruncher.ModelBaseClass",
        "SCORE_INTERVAL_SECONDS": "60", "CHECKPOINT_INTERVAL_SECONDS": "60",
      ]
      try await RunningNode.with(variables: tape.variables.merging(own) { $1 }) { node in
        try await waitUntil("every prediction whose truth is on the tape has its score") {
          try await node.scores() == expected.count
        }
        let rows = try await node.database.store.pool.query(
          """
          SELECT jsonb_build_object(
            'model', p.model_id, 'scope_key', p.scope_key, 'subject', p.scope_jsonb ->> 'subject',
            'performed_at', extract(epoch FROM p.performed_at)::bigint, 'result', s.result_jsonb)::text
          FROM scores s JOIN predictions p ON p.id = s.prediction_id
          """)
        for row in rows {
          let score = try JSON(parsing: row.text(0))
          let key = Self.key(score["model"], score["scope_key"], score["subject"], score["performed_at"])
          #expect(score["result"]?.object == expected[key], "\(key)")
        }
        try await waitUntil("five models are ranked, and paid") {
          let isPaid = try await node.count(
            "SELECT count(*) FROM checkpoints WHERE jsonb_array_length(entries_jsonb -> 0 -> 'cruncher_rewards') = 5")
          return try await node.report("/reports/leaderboard").array?.count == 5 && isPaid > 0
        }
        let board = try await node.report("/reports/leaderboard").array ?? []
        let standings = backtest["standings"]?.array ?? []
        try await waitUntil("the ranking is the backtest's; it is \(board), and not \(standings)") {
          let board = try await node.report("/reports/leaderboard").array ?? []
          return board.map { $0["model_name"] } == standings.map { $0["model"] }
            && board.map { $0["score_ranking"]?["value"] } == standings.map { $0["score"] }
        }
      }
      try FileManager.default.removeItem(atPath: parent)
    }

    private static func key(_ parts: JSON?...) -> String { parts.map { $0?.text ?? "" }.joined(separator: " ") }

    /// Two participants beside the three examples; and the package where models of the node find their base class.
    private static func join(_ challenge: String, _ pack: String) throws {
      let files = FileManager.default
      for file in try files.contentsOfDirectory(atPath: challenge + "/cup") where file.hasSuffix(".py") {
        try files.copyItem(atPath: "\(challenge)/cup/\(file)", toPath: "\(challenge)/examples/_base/\(file)")
      }
      let (module, base) = pack == "realtime" ? ("tracker", "TrackerBase") : ("cruncher", "ModelBaseClass")
      for (name, position) in [("always_long", 0.75), ("always_short", -0.5)] {
        let folder = "\(challenge)/examples/\(name)"
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try """
        from \(module) import \(base)


        class Steady(\(base)):
            def predict(self, subject, resolve_horizon_seconds, step_seconds):
                return {"value": \(position)}
        """.write(toFile: folder + "/main.py", atomically: true, encoding: .utf8)
      }
    }

    /// What `backtest --json` prints of all models on a tape.
    private static func backtest(_ challenge: String, _ tape: String) async throws -> JSON {
      let output = challenge + "/backtest.json"
      let python = try ModelPython.executable()
      let (exitCode, lines) = try await RunningProcess.run(
        "/bin/sh",
        ["-c", "cd '\(challenge)' && '\(python)' -B -m cup.backtest '\(tape)' examples/* --json >'\(output)'"])
      #expect(exitCode == 0, "\(lines)")
      return try JSON(parsing: String(contentsOfFile: output, encoding: .utf8))
    }
  }
}
