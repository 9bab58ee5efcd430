import Competition
import Postgres
import Store
import Testing

@Suite("coordinator verify", .timeLimit(.minutes(5)))
struct VerifyTests {
  /// What `coordinator verify --json` says.
  static func verify(_ command: Command, _ arguments: String...) async throws -> JSON {
    let outcome = try await command.run(["verify", "--json"] + arguments)
    // Progress may go before it.
    let report = try JSON(parsing: outcome.lines.last ?? "")
    #expect(outcome.exitCode == (report["verified"]?.bool == true ? 0 : 1))
    return report
  }

  /// Where the first difference is: table, row and column.
  static func place(_ report: JSON) -> String {
    let difference = report["difference"]
    return ["table", "row", "column"].map { difference?[$0]?.string ?? "" }.joined(separator: " | ")
  }

  @Test("an untouched node verifies, with counts and the columns that are covered")
  func untouched() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      let counts = report["counts"]
      #expect(counts?["scores"]?.int == 36 && counts?["truths"]?.int == 12, "\(report.text)")
      #expect(counts?["snapshots"]?.int == 17 && counts?["cycles"]?.int == 6 && counts?["checkpoints"]?.int == 2)
      #expect(counts?["newest leaderboard"]?.int == 1 && counts?["digests of leaderboards"]?.int == 1)
      #expect(report["not_covered"]?.object?.isEmpty == true)
      let text = try await command.run("verify").text
      #expect(text.hasPrefix("yes") && text.contains("scores: id, result_jsonb"))
    }
  }

  @Test("a node that has nothing yet verifies")
  func empty() async throws {
    try await Command.with { command in
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == true && report["counts"]?.object?.isEmpty == true, "\(report.text)")
    }
  }

  /// One changed value, and what is said of it.
  struct Damage: CustomTestStringConvertible, Sendable {
    var statement: SQL
    /// Table, row and column; a row that is given as its beginning.
    var table: String
    var row: String
    var column: String
    var testDescription: String { statement.text }
  }

  @Test("one changed value in a covered column is noticed, and named", arguments: damages.indices)
  func damaged(_ index: Int) async throws {
    let damage = Self.damages[index]
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      #expect(try await store.pool.query(damage.statement).affected == 1, "\(damage)")
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == false, "\(damage)")
      let place = Self.place(report)
      #expect(
        place.hasPrefix("\(damage.table) | \(damage.row)") && place.hasSuffix("| \(damage.column)"),
        "\(damage) \(report["difference"]?.text ?? "")")
    }
  }

  @Test("a value that changes no score is noticed by the digest of its snapshot")
  func clippedOutput() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      let changed = try await store.pool.query(
        """
        UPDATE predictions SET inference_output_jsonb = inference_output_jsonb || '{"beside": 1}'
        WHERE id = 'PRE_a_BTC-60_20260213_162900.000'
        """)
      try #require(changed.affected == 1)
      let report = try await Self.verify(command)
      #expect(Self.place(report) == "snapshots | SNAP_a_20260213_163100 | meta_jsonb")
      #expect(report["difference"]?["note"]?.string?.contains("an output") == true)
    }
  }

  @Test("what retention deleted is not covered any more, and no difference")
  func retention() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      _ = try await store.feeds.deleteOlder(than: EvidenceNode.start.adding(seconds: 61), limit: 100)
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect((report["not_covered"]?["truths whose feed records are deleted"]?.int ?? 0) > 0)
      #expect(report["counts"]?["scores"]?.int == 36)
    }
  }

  @Test("a candle that came in late, or once more, changes nothing")
  func lateRecords() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      let now = try await store.now()
      let again = try await store.feeds.newest(of: EvidenceNode.feed, limit: 100).map { record in
        var record = record
        record.ingestedTime = now
        return record
      }
      try await store.feeds.ingest(again, phase: "backfill")
      #expect(try await Self.verify(command)["verified"]?.bool == true)
    }
  }

  @Test("a checkpoint or a span of time is verified alone")
  func spans() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      let checkpoint = try #require(try await store.checkpoints.newest())
      let all = try await Self.verify(command)
      let last = try await Self.verify(command, "--checkpoint", checkpoint.id)
      #expect(last["verified"]?.bool == true && last["counts"]?["checkpoints"]?.int == 1, "\(last.text)")
      let border = checkpoint.periodStart.iso8601(.z)
      let before = try await Self.verify(command, "--to", border)
      #expect(before["verified"]?.bool == true, "\(before.text)")
      for what in ["scores", "snapshots", "cycles", "checkpoints"] {
        let parts = (before["counts"]?[what]?.int ?? 0) + (last["counts"]?[what]?.int ?? 0)
        #expect(parts == all["counts"]?[what]?.int, "\(what)")
      }
      // What is wrong before is not looked at.
      try await store.pool.query(
        "UPDATE scores SET result_jsonb = '{\"value\": 9}' WHERE period_start < $1",
        [.time(checkpoint.periodStart.microseconds - 120_000_000)])
      #expect(try await Self.verify(command, "--from", border)["verified"]?.bool == true)
      #expect(try await Self.verify(command, "--to", border)["verified"]?.bool == false)
      #expect(try await command.run("verify", "--checkpoint", "CKP_none").exitCode == 1)
      #expect(try await command.run("verify", "--from", "yesterday").exitCode == 64)
    }
  }

  @Test("scores that are not sealed yet are recomputed, and said to be so")
  func unsealed() async throws {
    try await Command.with { command in
      let node = try await EvidenceNode(command.database.store)
      let now = try await node.store.now().floored(toSeconds: 60).adding(seconds: 3_600)
      try await node.addTask(at: now, horizon: 0)
      let report = try await Self.verify(command)
      #expect(report["verified"]?.bool == true, "\(report.text)")
      #expect(report["counts"]?["scores"]?.int == 39)
      #expect(report["not_covered"]?.object?.first?.value.int == 3)
      try await node.store.pool.query(
        "UPDATE scores SET result_jsonb = jsonb_set(result_jsonb, '{value}', '0.5') WHERE period_start = $1",
        [.time(now.microseconds)])
      #expect(Self.place(try await Self.verify(command)).hasPrefix("scores | SCR_PRE_a_BTC-0_"))
    }
  }

  @Test("the proof of a snapshot leads from its text to the root of its checkpoint")
  func proof() async throws {
    try await Command.with { command in
      let store = try await EvidenceNode(command.database.store).store
      let snapshot = try #require(try await store.snapshots(since: EvidenceNode.start).first)
      let outcome = try await command.run("proof", snapshot.id, "--json")
      let proof = try #require(try outcome.json.last)
      #expect(outcome.exitCode == 0 && proof["verified"]?.bool == true)
      #expect(proof["canonical_json"]?.string == snapshot.canonicalText)
      #expect(proof["snapshot_content_hash"]?.string == MerkleHash.of(snapshot.canonicalText))
      func root(_ leaf: JSON?, _ path: JSON?) -> String {
        (path?.array ?? []).reduce(leaf?.string ?? "") { hash, step in
          let sibling = step["hash"]?.string ?? ""
          return MerkleHash.of(step["position"] == "left" ? sibling + hash : hash + sibling)
        }
      }
      #expect(root(proof["snapshot_content_hash"], proof["path"]) == proof["snapshots_root"]?.string)
      #expect(root(proof["cycle_root"], proof["checkpoint_path"]) == proof["merkle_root"]?.string)
      let checkpoint = try await store.report.checkpoint(id: proof["checkpoint_id"]?.string ?? "")
      #expect(checkpoint != nil)
      #expect(try await command.run("proof", snapshot.id).text.contains("verified"))

      try await store.pool.query(
        "UPDATE snapshots SET prediction_count = prediction_count + 1 WHERE id = $1", [.text(snapshot.id)])
      let forged = try await command.run("proof", snapshot.id, "--json")
      #expect(try forged.exitCode == 1 && forged.json.last?["verified"]?.bool == false)
      #expect(try await command.run("proof", "SNAP_none").exitCode == 1)
    }
  }
}
