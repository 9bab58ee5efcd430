import Competition
import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A competition of one's own")
  struct OwnCompetitionTests {
    private static let module = """
      def score(prediction, ground_truth):
          return {"value": 10 * prediction.value * ground_truth.profit, "by": "python"}


      def shown(raw_input):
          closes = [candle.close for candle in raw_input.candles_1m]
          return {**raw_input, "spread": max(closes) - min(closes) if closes else 0.0}


      def checked(inference_output):
          if inference_output.value == 0.25:
              raise ValueError("too steady")
          return {**inference_output, "checked": True}
      """

    /// A node under a contract, whose file `body` may change.
    private static func with(
      _ contract: String, _ body: @Sendable (RunningNode, _ file: String) async throws -> Void
    ) async throws {
      let folder = NSTemporaryDirectory() + "/competition-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let file = folder + "/contract.yaml"
      try contract.write(toFile: file, atomically: true, encoding: .utf8)
      try module.write(toFile: folder + "/mine.py", atomically: true, encoding: .utf8)
      try await RunningNode.with(variables: ["CRUNCH_CONTRACT": file, "PYTHONPATH": folder]) { node in
        try await body(node, file)
      }
      try FileManager.default.removeItem(atPath: folder)
    }

    @Test(
      "the built-in score is exchanged for one in Python: written, checked, restarted, and new predictions score by it")
    func exchangedScore() async throws {
      try await Self.with("callables: {scoring: builtin:directional}\n") { node, file in
        try await node.waitUntilScoring()
        try "callables: {scoring: mine:score}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let check = try await node.coordinator("contract", "check", file)
        #expect(check.exitCode == 0, "\(check.lines)")
        let before = try node.workers()
        for worker in ["predict-worker", "score-worker", "checkpoint-worker", "report-worker"] {
          kill(try #require(before[worker]), SIGTERM)
          try await waitUntil("\(worker) starts again") {
            guard let pid = try node.workers()[worker] else { return false }
            return pid != before[worker] && SystemProcess.isAlive(pid)
          }
        }
        try await waitUntil("scores in Python") {
          try await node.count("SELECT count(*) FROM scores WHERE result_jsonb ->> 'by' = 'python'") > 20
        }
        // Each by the function that was in force when it was asked for.
        let crossed = try await node.count(
          """
          SELECT count(*) FROM scores s JOIN predictions p ON p.id = s.prediction_id
          WHERE NOT p.model_id LIKE '\\_\\_ensemble%'
            AND (s.result_jsonb ? 'by') <> (p.contract_id = (SELECT max(id) FROM contracts))
          """)
        #expect(crossed == 0)
        let verified = try await node.coordinator("verify", "--json")
        #expect(verified.exitCode == 0, "\(verified.lines.suffix(3))")
      }
    }

    @Test("what models are shown, and what counts of their answers, have the contract's shapes and pass its functions")
    func shapes() async throws {
      let contract = """
        raw_input: {symbol: string, asof_ts: int, candles_1m: json}
        inference_input: {symbol: string, candles_1m: json, spread: float, note: {type: string, default: n}}
        output: {value: {type: float, minimum: -1, maximum: 1}}
        score: {value: float, edge: {type: float, default: 0.5}}
        ground_truth: {profit: float, told_by: {type: string, default: feed}}
        callables: {inference_input: mine:shown, inference_output: mine:checked}
        """
      try await Self.with(contract) { node, _ in
        try await node.waitUntilScoring()
        try await waitUntil("an answer that is refused") {
          try await node.count("SELECT count(*) FROM predictions WHERE failed_reason = 'ValueError: too steady'") > 2
        }
        #expect(
          try await node.count(
            """
            SELECT count(*) FROM inputs
            WHERE jsonb_typeof(raw_data_jsonb -> 'spread') IS DISTINCT FROM 'number'
              OR raw_data_jsonb ->> 'note' IS DISTINCT FROM 'n'
            """) == 0)
        // Of one model each is refused, of the others each is marked.
        let models = try await node.database.store.pool.query(
          """
          SELECT p.model_id FROM predictions p
          WHERE p.status IN ('PENDING', 'SCORED', 'FAILED') AND NOT p.model_id LIKE '\\_\\_ensemble%'
          GROUP BY p.model_id HAVING bool_and(p.status = 'FAILED')
          """)
        #expect(models.count == 1)
        #expect(
          try await node.count(
            "SELECT count(*) FROM predictions WHERE status = 'SCORED' AND inference_output_jsonb -> 'checked' <> 'true'"
          )
            == 0)
        #expect(
          try await node.count("SELECT count(*) FROM scores WHERE success AND result_jsonb ->> 'edge' <> '0.5'") == 0)
        #expect(
          try await node.count("SELECT count(*) FROM ground_truths WHERE truth_jsonb ->> 'told_by' <> 'feed'") == 0)
        #expect(
          try await node.count("SELECT count(*) FROM scores WHERE success AND result_jsonb ? 'edge'") > 0)
      }
    }
  }
}
