import ChildProcesses
import Competition
import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// A node under the contract that `coordinator import` made of a workspace of the Python original.
  @Suite("The node of an imported workspace")
  struct ImportedNodeTests {
    private static let minutes = 60

    @Test("runs the competition's own functions unchanged, and each score is the one that the original's objects give")
    func sameScores() async throws {
      let folder = NSTemporaryDirectory() + "/original-\(UUID().uuidString)"
      try FileManager.default.copyItem(atPath: RunningNode.root + "/Tests/Examples/original", toPath: folder)
      let python = try ModelPython.executable()
      let run = try await RunningProcess.run(
        Executables.products + "/coordinator", ["import", folder, "--json", "--python", python])
      #expect(run.exitCode == 0, "\(run.lines)")
      let report = try JSON(parsing: run.lines.last ?? "")
      let pythonPath = report["python_path"]?.string ?? ""
      try Self.writeModels(folder + "/models")
      let tape = try MinuteTape(Self.candles, path: folder + "/tape.csv")
      let own = [
        "CRUNCH_CONTRACT": report["contract"]?.string ?? "", "SCHEDULED_PREDICTION_CONFIGS_PATH": "",
        "PYTHONPATH": pythonPath, "MODELS_DIR": folder + "/models", "MODEL_BASE_CLASSNAME": "cruncher.ModelBaseClass",
        "SCORE_INTERVAL_SECONDS": "60", "CHECKPOINT_INTERVAL_SECONDS": "60",
      ]
      try await RunningNode.with(variables: tape.variables.merging(own) { $1 }) { node in
        // A minute and five minutes ahead, of three models at the end of each candle; the last truths are not on the tape.
        let expected = 3 * (Self.minutes - 1) + 3 * (Self.minutes - 5)
        try await waitUntil("everything whose truth is on the tape is scored") {
          try await node.count(
            """
            SELECT count(*) FROM scores s JOIN predictions p ON p.id = s.prediction_id
            WHERE NOT p.model_id LIKE '\\_\\_ensemble%'
            """) == expected
        }
        let rows = try await node.database.store.pool.query(
          """
          SELECT jsonb_build_object(
            'id', p.id, 'output', p.inference_output_jsonb, 'truth', g.truth_jsonb, 'result', s.result_jsonb)::text
          FROM scores s JOIN predictions p ON p.id = s.prediction_id JOIN ground_truths g USING (input_id, scope_key)
          """)
        let scores = try rows.map { try JSON(parsing: $0.text(0)) }
        let direct = try await Self.direct(scores, folder, python, pythonPath)
        for score in scores {
          let id = score["id"]?.string ?? ""
          #expect(
            score["result"] == direct[id], "\(score.text) and the original gives \(direct[id]?.text ?? "nothing")")
        }
        try await waitUntil("the ranking is by the competition's own figure") {
          let board = try await node.report("/reports/leaderboard").array ?? []
          return board.count == 3 && board.first?["score_ranking"]?["key"] == "pnl_day"
        }
        let verified = try await node.coordinator("verify", changes: own)
        #expect(verified.exitCode == 0, "\(verified.lines)")
      }
      try FileManager.default.removeItem(atPath: folder)
    }

    /// Candles whose prices go up and down by different amounts.
    private static let candles = (0..<minutes).map { minute in
      let price = 2_500 + (minute * 37) % 101 - minute % 7
      let time = Timestamp(seconds: 1_767_225_600).adding(seconds: 60 * minute).iso8601(.z)
      return "\(time),ETHUSDT,\(price),\(price + 3),\(price - 3),\(price).25,\(minute + 1)"
    }

    private static func writeModels(_ folder: String) throws {
      let files = FileManager.default
      try files.createDirectory(atPath: folder + "/_base", withIntermediateDirectories: true)
      try files.copyItem(
        atPath: RunningNode.root + "/Services/Coordinator/Workspace/Templates/cruncher.py",
        toPath: folder + "/_base/cruncher.py")
      for (name, value) in [
        ("long", "0.9"), ("none", "0.0"), ("turns", "((int(self.closes(subject)[-1]) % 21) - 10) / 10"),
      ] {
        try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        try """
        from cruncher import ModelBaseClass


        class Own(ModelBaseClass):
            def predict(self, subject, resolve_horizon_seconds, step_seconds):
                return {"value": \(value), "note": "by \(name)"}
        """.write(toFile: "\(folder)/\(name)/main.py", atomically: true, encoding: .utf8)
      }
    }

    /// What the function gives, by prediction, when it is called as the original did: with objects of the competition's own types.
    private static func direct(
      _ scores: [JSON], _ folder: String, _ python: String, _ pythonPath: String
    ) async throws -> JSON {
      let script = """
        import json, sys
        from starter_challenge.scoring import GroundTruth, InferenceOutput, score_prediction
        results = {}
        for case in json.load(open(sys.argv[1])):
            result = score_prediction(InferenceOutput(**case["output"]), GroundTruth(**case["truth"]))
            results[case["id"]] = result.model_dump()
        json.dump(results, open(sys.argv[1], "w"))
        """
      let file = folder + "/cases.json"
      try JSON.array(scores).text.write(toFile: file, atomically: true, encoding: .utf8)
      let (exitCode, lines) = try await RunningProcess.run(
        python, ["-B", "-c", script, file], ["PYTHONPATH": pythonPath])
      #expect(exitCode == 0, "\(lines)")
      return try JSON(parsing: String(contentsOfFile: file, encoding: .utf8))
    }
  }
}
