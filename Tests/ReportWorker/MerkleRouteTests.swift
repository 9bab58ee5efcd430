import Competition
import TestKit
import Testing

@testable import ReportWorker

@Suite("The routes of the evidence", .timeLimit(.minutes(2)))
struct MerkleRouteTests {
  /// Scores of two models in each of three minutes, sealed; the first two minutes are in a checkpoint.
  private static func addEvidence(_ bench: ReportBench) async throws -> [Snapshot] {
    try await bench.addModels()
    let start = try await bench.store.now().floored(toSeconds: 60).adding(seconds: -1_800)
    for minute in 0..<3 {
      for model in ["a", "b"] {
        try await bench.run(
          """
          INSERT INTO inputs (id) VALUES ('I' || $1) ON CONFLICT DO NOTHING
          """, [.text("\(minute)")])
        try await bench.run(
          """
          INSERT INTO predictions (id, input_id, model_id, scope_key, inference_output_jsonb, performed_at, resolvable_at)
          VALUES ($1, 'I' || $2, $3, 'S', '{"value": 1}', $4, $4)
          """,
          [
            .text("\(model)\(minute)"), .text("\(minute)"), .text(model),
            .time(start.adding(seconds: 60 * minute).microseconds),
          ])
        _ = try await bench.store.scores.commit(
          [
            .scored(
              Score(
                id: "SCR_\(model)\(minute)", predictionID: "\(model)\(minute)", result: ["value": 0.5], success: true,
                scoredAt: start))
          ], bucketSeconds: 60)
      }
    }
    _ = try await bench.store.seals.sealDue(bucketSeconds: 60, atMost: 10) { (scores, start: Timestamp) in
      scores.map {
        Snapshot(of: $0.results, modelID: $0.modelID, periodStart: start, periodEnd: start.adding(seconds: 60))
      }
    }
    _ = try await bench.store.checkpoints.createNext(intervalSeconds: 120) { material in
      CheckpointBuilder(CrunchContract.default.aggregation, wallets: Wallets()).checkpoint(
        periodStart: material.periodStart, periodEnd: material.periodEnd, snapshots: material.snapshots,
        models: material.models, createdAt: material.now)
    }
    return try await bench.store.snapshots(since: start)
  }

  @Test("cycles are ascending, the newest ones of a range, and found by their id")
  func cycles() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.get("/reports/merkle/cycles").rows == [])
      let snapshots = try await Self.addEvidence(bench)
      let rows = try await bench.get("/reports/merkle/cycles").rows
      let ends = [0, 2, 4].map { snapshots[$0].periodEnd.iso8601(.z) }
      #expect(rows.map { $0["created_at"]?.string } == ends)
      #expect(
        rows.first?.object?.keys == [
          "id", "previous_cycle_id", "previous_cycle_root", "snapshots_root", "chained_root", "snapshot_count",
          "created_at",
        ])
      #expect(rows[0]["previous_cycle_root"] == .null && rows[1]["previous_cycle_root"] == rows[0]["chained_root"])
      #expect(try await bench.get("/reports/merkle/cycles?limit=2").rows == Array(rows.suffix(2)))
      #expect(try await bench.get("/reports/merkle/cycles?since=\(ends[1])&until=\(ends[1])").rows == [rows[1]])
      #expect(try await bench.get("/reports/merkle/cycles?limit=501").status == 422)
      let one = try await bench.get("/reports/merkle/cycles/\(rows[1]["id"]?.string ?? "")")
      #expect(one.json == rows[1])
      let none = try await bench.get("/reports/merkle/cycles/CYC_none")
      #expect(none.status == 404 && none.json == ["detail": "Merkle cycle not found"])
    }
  }

  @Test("a proof is found by its leaf's hash, however another tool numbered the leaves, and says what that leaf says")
  func otherTools() async throws {
    try await ReportBench.with { bench in
      try await bench.run(OriginalTables.self)
      let first = try await bench.get("/reports/merkle/proof?snapshot_id=SR1").json
      #expect(first["snapshot_content_hash"] == "its content")
      #expect(first["path"] == [["hash": "right leaf", "position": "right"]])
      #expect(first["cycle_id"] == "CYCR1" && first["cycle_root"] == "chained" && first["checkpoint_id"] == "CR1")
      let second = try await bench.get("/reports/merkle/proof?snapshot_id=SR2").json
      #expect(second["snapshot_content_hash"] == "right leaf")
      #expect(second["path"] == [["hash": "left leaf", "position": "left"]])
    }
  }

  @Test("a proof leads from the text that was hashed to the root of the checkpoint")
  func proof() async throws {
    try await ReportBench.with { bench in
      let snapshots = try await Self.addEvidence(bench)
      func root(_ leaf: JSON?, _ path: JSON?) -> String {
        (path?.array ?? []).reduce(leaf?.string ?? "") { hash, step in
          let sibling = step["hash"]?.string ?? ""
          return MerkleHash.of(step["position"] == "left" ? sibling + hash : hash + sibling)
        }
      }
      for snapshot in snapshots {
        let proof = try await bench.get("/reports/merkle/proof?snapshot_id=\(snapshot.id)").json
        #expect(proof["snapshot_content_hash"]?.string == MerkleHash.of(proof["canonical_json"]?.string ?? ""))
        #expect(proof["canonical_json"]?.string == snapshot.canonicalText)
        #expect(root(proof["snapshot_content_hash"], proof["path"]) == proof["snapshots_root"]?.string)
        let cycle = try await bench.get("/reports/merkle/cycles/\(proof["cycle_id"]?.string ?? "")").json
        #expect(proof["cycle_root"] == cycle["chained_root"] && proof["snapshots_root"] == cycle["snapshots_root"])
        if proof["checkpoint_id"] == .null {
          #expect(proof["merkle_root"] == .null && snapshot.periodEnd == snapshots.last?.periodEnd)
        } else {
          #expect(root(proof["cycle_root"], proof["checkpoint_path"]) == proof["merkle_root"]?.string)
        }
      }
      let none = try await bench.get("/reports/merkle/proof?snapshot_id=SNAP_none")
      #expect(none.status == 404 && none.json == ["detail": "No Merkle proof found for snapshot 'SNAP_none'"])
      #expect(try await bench.get("/reports/merkle/proof").status == 422)
      #expect(try await bench.get("/reports/merkle/proof?snapshot_id=%00").status == 422)
    }
  }
}
