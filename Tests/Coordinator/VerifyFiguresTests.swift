import Competition
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

  @Test("an ensemble's prediction that was changed together with its score and their evidence is still noticed")
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
      try await store.pool.query("UPDATE snapshots SET meta_jsonb = meta_jsonb - 'evidence_digest'")
      let report = try await Self.verify(command)
      #expect(Self.place(report) == "predictions | \(id) | inference_output_jsonb", "\(report.text)")
    }
  }

  @Test("scores of an earlier function are judged by that one, and left out when it cannot be used any more")
  func changedFunction() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      let report = try await command.run(
        ["verify", "--json"], variables: ["SCORING_FUNCTION": "builtin:squared_error"])
      #expect(try JSON(parsing: report.lines.last ?? "")["verified"]?.bool == true, "\(report.text)")
      var gone = CrunchContract.default
      gone.scoring = .python(module: "no_such_module", callable: "score")
      try await store.pool.query(
        "UPDATE contracts SET contract_text = $1", [.text(gone.json.text)])
      let later = try JSON(parsing: try await command.run(["verify", "--json"]).lines.last ?? "")
      #expect(later["verified"]?.bool == true, "\(later.text)")
      #expect(later["not_covered"]?["scores whose scoring function cannot be used any more"]?.int == 36)
    }
  }
}
