import Competition
import Postgres
import Store
import Testing

/// Verification says yes to all that workers do by the rules.
@Suite("coordinator verify, of what may differ", .timeLimit(.minutes(5)))
struct VerifyHonestTests {
  @Test("a function that failed for another reason when it scored, as one that hung, is no difference, and is counted")
  func otherReason() async throws {
    try await Command.with { command in
      let reason = "the scoring function did not answer within 10.0 seconds"
      let store = try await EvidenceNode(command.database.store, failure: reason).store
      let report = try await VerifyTests.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["failed scores that fail for another reason now"]?.int == 4, "\(report.text)")
      #expect(report["counts"]?["scores"]?.int == 32)
      // A failure must fit itself, and what was sealed.
      let changed = try await store.pool.query(
        """
        UPDATE scores SET failed_reason = 'x', result_jsonb = jsonb_set(result_jsonb, '{failed_reason}', '"x"')
        WHERE id = 'SCR_PRE_b_BTC-120_20260213_162900.000'
        """)
      try #require(changed.affected == 1)
      #expect(
        VerifyTests.place(try await VerifyTests.verify(command)) == "snapshots | SNAP_b_20260213_163200 | meta_jsonb")
    }
  }

  @Test("truths are judged by the contract that their predictions were asked under, whatever is in force by now")
  func otherStaleness() async throws {
    try await Command.with { command in
      var any = CrunchContract.default
      any.maxGroundTruthStalenessFraction = 0
      // Two minutes without a candle: one that stands in is too old for the default contract, which the settings say.
      _ = try await EvidenceNode(command.database.store, contract: any, gap: 1..<3)
      let report = try await VerifyTests.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["truths"]?.int == 12 && report["not_covered"]?.object?.isEmpty == true)
    }
  }

  @Test("the truths of a round are those that were posted, and one that was changed in the command is named")
  func round() async throws {
    try await Command.with { command in
      let node = try await EvidenceNode(command.database.store)
      let posted = try await node.addRound()
      let report = try await VerifyTests.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["truths"]?.int == 14 && report["counts"]?["scores"]?.int == 42, "\(report.text)")
      #expect(report["columns"]?["commands"]?.string?.contains("payload_jsonb") == true)
      let changed = try await node.store.pool.query(
        """
        UPDATE commands SET payload_jsonb = jsonb_set(payload_jsonb, '{ground_truth,1,profit}', '-0.25') WHERE id = $1
        """, [.text(posted)])
      try #require(changed.affected == 1)
      let after = try await VerifyTests.verify(command)
      // Not sealed yet, so that nothing tells which of the two was changed.
      #expect(VerifyTests.place(after) == "ground_truths | INP_r r:1 | records_digest", "\(after.text)")
      #expect(after["difference"]?["note"]?.string == "or commands \(posted) was changed", "\(after.text)")
    }
  }
}
