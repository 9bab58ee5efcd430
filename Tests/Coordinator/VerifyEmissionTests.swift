import Competition
import Postgres
import Store
import Testing

@Suite("coordinator verify, of emissions whose function is gone", .timeLimit(.minutes(5)))
struct VerifyEmissionTests {
  private static let contract: CrunchContract = {
    var contract = CrunchContract.default
    contract.callables.buildEmission = .python(module: "no_such_module", callable: "emission")
    return contract
  }()

  @Test("checkpoints without their function are verified in all but how their shares were made, which is said")
  func gone() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store, contract: Self.contract)
      let report = try await VerifyTests.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["checkpoints"]?.int == 2, "\(report.text)")
      let reason = "emissions whose function cannot be used any more, beyond sums and digest"
      #expect(report["not_covered"]?[reason]?.int == 2, "\(report.text)")
    }
  }

  @Test(
    "what needs no function is noticed without it too",
    arguments: [
      (
        """
        UPDATE checkpoints SET entries_jsonb = jsonb_set(entries_jsonb, '{0,cruncher_rewards,0,reward_pct}', '1')
        WHERE id = 'CKP_20260213_163000'
        """, "entries_jsonb"
      ),
      (
        """
        UPDATE checkpoints SET entries_jsonb = jsonb_set(entries_jsonb, '{0,crunch}', '"thief"')
        WHERE id = 'CKP_20260213_163000'
        """, "meta_jsonb"
      ),
      (
        """
        UPDATE checkpoints SET meta_jsonb = jsonb_set(meta_jsonb, '{ranking,0,result_summary,value}', '1')
        WHERE id = 'CKP_20260213_163000'
        """, "meta_jsonb"
      ),
      (
        """
        UPDATE checkpoints SET meta_jsonb = jsonb_set(meta_jsonb, '{evidence_digest}', '"x"')
        WHERE id = 'CKP_20260213_163000'
        """, "meta_jsonb"
      ),
      ("UPDATE checkpoints SET merkle_root = repeat('0', 64) WHERE id = 'CKP_20260213_163000'", "merkle_root"),
    ] as [(SQL, String)])
  func damaged(_ statement: SQL, _ column: String) async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store, contract: Self.contract).store
      try #require(try await store.pool.query(statement).affected == 1)
      let report = try await VerifyTests.verify(command)
      #expect(VerifyTests.place(report) == "checkpoints | CKP_20260213_163000 | \(column)", "\(report.text)")
    }
  }
}
