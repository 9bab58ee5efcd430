import Callables
import Competition
import Foundation
import Postgres
import Store
import Testing

@Suite("coordinator verify, with metrics, ensembles and contracts that change", .timeLimit(.minutes(5)))
struct VerifyFiguresTests {
  private static let contract = CrunchContract(
    metrics: ["ic", "hit_rate", "model_correlation", "contribution"],
    ensembles: [Ensemble(name: "main"), Ensemble(name: "best", strategy: .equalWeight, filter: .top(2))],
    emission: .contribution(ContributionEmission()))

  private static func verify(_ command: Command, _ arguments: String...) async throws -> JSON {
    let outcome = try await command.run(["verify", "--json"] + arguments)
    return try JSON(parsing: outcome.lines.last ?? "")
  }

  private static func place(_ report: JSON) -> String {
    ["table", "row", "column"].map { report["difference"]?[$0]?.string ?? "" }.joined(separator: " | ")
  }

  @Test("metrics, ensembles and shares by contribution follow from the answers, by the contract that asked for them")
  func untouched() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store, contract: Self.contract).store
      // The settings say another contract by now: what was made by this one is judged by this one.
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["predictions of ensembles"]?.int == 24, "\(report.text)")
      let last = try #require(try await store.checkpoints.newest())
      let shares = last.entries.first?["cruncher_rewards"]?.array?.compactMap { $0["reward_pct"]?.int } ?? []
      #expect(shares.count == 3 && shares.reduce(0, +) == 1_000_000_000)
      // A part of it has what it looks back on.
      let part = try await Self.verify(command, "--from", "2026-02-13T16:30:00Z")
      #expect(part["verified"]?.bool == true, "\(part.text)")
    }
  }

  @Test(
    "a changed metric, or the name of another contract, is noticed",
    arguments: [
      (
        "UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb || '{\"ic\": 0.5}' WHERE id = 'SNAP_a_20260213_163100'",
        "snapshots | SNAP_a_20260213_163100 | result_summary_jsonb"
      ),
      (
        "UPDATE snapshots SET meta_jsonb = meta_jsonb || '{\"contract\": \"none\"}' WHERE period_end = '2026-02-13 16:31:00+00'",
        "snapshots | SNAP___ensemble_best___20260213_163100 | meta_jsonb"
      ),
      (
        "UPDATE checkpoints SET meta_jsonb = meta_jsonb || '{\"contract\": \"none\"}'",
        "checkpoints | CKP_20260213_163000 | meta_jsonb"
      ),
    ] as [(SQL, String)])
  func damaged(_ statement: SQL, _ place: String) async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store, contract: Self.contract).store
      #expect(try await store.pool.query(statement).affected > 0)
      let report = try await Self.verify(command)
      #expect(Self.place(report) == place, "\(report.text)")
    }
  }

  @Test("an ensemble's prediction that was changed with its score, and their evidence removed, is still noticed")
  func changedEnsemble() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store, contract: Self.contract).store
      let id = try await store.pool.query(
        "SELECT max(id) FROM predictions WHERE model_id = '__ensemble_main__' AND scope_key = 'BTC-0'")[0].text(0)
      try await store.pool.query(
        "UPDATE predictions SET inference_output_jsonb = '{\"value\": 0.123}' WHERE id = $1", [.text(id)])
      try await store.pool.query(
        """
        UPDATE scores SET result_jsonb = result_jsonb || jsonb_build_object('value', 0.123::float8 * 0.25::float8)
        WHERE prediction_id = $1
        """, [.text(id)])
      try await store.pool.query(
        "UPDATE snapshots SET meta_jsonb = meta_jsonb - 'evidence_digest', content_hash = NULL")
      let report = try await Self.verify(command)
      #expect(Self.place(report) == "predictions | \(id) | inference_output_jsonb", "\(report.text)")
    }
  }

  @Test("scores of an earlier function are judged by that one, and left out when it cannot be used any more")
  func changedFunction() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let report = try await command.run(
        ["verify", "--json"], variables: ["SCORING_FUNCTION": "builtin:squared_error"])
      #expect(try JSON(parsing: report.lines.last ?? "")["verified"]?.bool == true, "\(report.text)")
    }
    try await Command.with { command in
      var gone = CrunchContract.default
      gone.scoring = .python(module: "no_such_module", callable: "score")
      _ = try await EvidenceNode(command.database.store, contract: gone)
      let later = try JSON(parsing: try await command.run(["verify", "--json"]).lines.last ?? "")
      #expect(later["verified"]?.bool == true, "\(later.text)")
      #expect(later["not_covered"]?["scores whose scoring function cannot be used any more"]?.int == 36)
    }
  }

  private static let module = """
    import os

    def edge(predictions, scores, context):
        if context.model_id == "b" and os.environ.get("MOOD") == "bad":
            raise ValueError("not now")
        return sum(score["value"] for score in scores) / len(scores) if scores else None

    def by_edge(model_metrics, predictions):
        return {model: 1.0 + len(predictions[model]) for model in model_metrics}

    def two(model_id, metrics):
        return model_id != "b"
    """

  private static func own(_ command: Command, _ body: (Store, [String: String?]) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try module.write(to: folder.appending(path: "mine.py"), atomically: true, encoding: .utf8)
    let contract = CrunchContract(
      metrics: ["ic", "edge"], metricFunctions: ["edge": .python(module: "mine", callable: "edge")],
      ensembles: [
        Ensemble(
          name: "main", strategy: .python(module: "mine", callable: "by_edge"),
          filter: .function(.python(module: "mine", callable: "two")))
      ])
    let limits = PythonLimits(processes: 1, environment: ["PYTHONPATH": folder.path])
    let node = try await EvidenceNode(command.database.store, contract: contract, python: limits)
    try await body(node.store, ["PYTHONPATH": folder.path, "MODEL_PYTHON": "python3"])
  }

  @Test("metrics and ensembles of the competition's own functions are made anew by these, and a changed one is noticed")
  func ownFunctions() async throws {
    try await Command.with { command in
      try await Self.own(command) { store, variables in
        let report = try JSON(
          parsing: try await command.run(["verify", "--json"], variables: variables).lines.last ?? "")
        #expect(report["verified"]?.bool == true, "\(report.text)")
        #expect(report["counts"]?["predictions of ensembles"]?.int == 12, "\(report.text)")
        #expect(report["not_covered"]?.object?.isEmpty == true, "\(report.text)")
        // What fails now and did not then, or is gone, stands as it is.
        for (name, value) in [("MOOD", "bad"), ("PYTHONPATH", "/nowhere")] {
          let other = try JSON(
            parsing: try await command.run(["verify", "--json"], variables: variables.merging([name: value]) { $1 })
              .lines.last ?? "")
          #expect(other["verified"]?.bool == true, "\(other.text)")
          #expect(other["not_covered"]?["metrics whose function cannot be used, or fails now"]?.int ?? 0 > 0)
          let ensembles = other["not_covered"]?["predictions of ensembles whose functions cannot be used now"]?.int
          #expect(ensembles == (name == "MOOD" ? nil : 12), "\(other.text)")
        }
        try await store.pool.query(
          """
          UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb || '{"edge": 0.5}'
          WHERE id = 'SNAP_a_20260213_163100'
          """)
        let changed = try JSON(
          parsing: try await command.run(["verify", "--json"], variables: variables).lines.last ?? "")
        #expect(
          Self.place(changed) == "snapshots | SNAP_a_20260213_163100 | result_summary_jsonb", "\(changed.text)")
      }
    }
  }
}
