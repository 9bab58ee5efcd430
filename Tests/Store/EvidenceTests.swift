import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("The chain of evidence")
struct EvidenceTests {
  /// Scores of both models in three minutes, sealed.
  private static func sealed(_ world: World) async throws -> Timestamp {
    let start = try await world.minute(ago: 30)
    for minute in 0..<3 {
      for model in ["b", "a"] {
        let id = "\(model)\(minute)"
        _ = try await world.store.predictions.record([
          World.prediction(id, model: model, scopeKey: id, due: start.adding(seconds: 60 * minute))
        ])
        _ = try await world.store.scores.commit([World.scored(id, value: 0.1)], bucketSeconds: 60)
      }
    }
    _ = try await world.sealAll()
    return start
  }

  @Test("each sealed bucket is a cycle over its snapshots by model, chained to the one before")
  func chain() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await Self.sealed(world)
      let cycles = try await world.store.evidence.cycles(since: nil, until: nil, limit: 10)
      #expect(cycles.map(\.createdAt) == (1...3).map { start.adding(seconds: 60 * $0) })
      #expect(cycles.map(\.previousRoot) == [nil, cycles[0].chainedRoot, cycles[1].chainedRoot])
      #expect(cycles.map(\.previousID) == [nil, cycles[0].id, cycles[1].id])
      let snapshots = try await world.store.snapshots.all(since: start)
      for (index, cycle) in cycles.enumerated() {
        let leaves = snapshots.filter { $0.periodEnd == cycle.createdAt }.sorted { $0.modelID < $1.modelID }
        #expect(cycle.snapshotsRoot == MerkleTree(of: leaves)?.root && cycle.snapshotCount == 2 && cycle.isChained)
        #expect(try await world.store.evidence.cycle(id: cycle.id) == cycle)
        let proof = try #require(try await world.store.evidence.proof(of: leaves[index % 2].id))
        #expect(proof.problems == [] && proof.contentHash == leaves[index % 2].contentHash)
      }
    }
  }

  @Test("a checkpoint's root is over the cycles of its period, each in one checkpoint")
  func checkpointRoot() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await Self.sealed(world)
      var made: [Checkpoint] = []
      for _ in 0..<2 {
        let next = try await world.store.checkpoints.createNext(intervalSeconds: 120) { material in
          Checkpoint(
            id: RecordIDs.checkpoint(at: material.periodEnd), periodStart: material.periodStart,
            periodEnd: material.periodEnd, status: .pending, entries: [], meta: [:], createdAt: material.now)
        }
        made.append(try #require(next))
      }
      let roots = try await world.store.evidence.cycles(since: nil, until: nil, limit: 10).map(\.chainedRoot)
      #expect(made[0].merkleRoot == MerkleTree(leaves: Array(roots[..<2]))?.root)
      #expect(made[1].merkleRoot == roots[2])
      #expect(try await world.store.checkpoints.newest()?.merkleRoot == roots[2])
    }
  }

  @Test("the digest that PostgreSQL makes of scores is the one that is recomputed from the rows")
  func scoreDigest() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 30)
      let odd = World.prediction("odd\té", due: start)
      _ = try await world.store.predictions.record([odd, World.prediction("failed", scopeKey: "other", due: start)])
      _ = try await world.store.truths.save([
        GroundTruth(
          inputID: odd.inputID, scopeKey: odd.scopeKey, value: ["profit": 1e-7, "big": 1e20, "text": "\u{1}\"é"],
          recordsDigest: "d", resolvedAt: start)
      ])
      _ = try await world.store.scores.commit(
        [World.scored(odd.id, value: -0.000_01), World.scored("failed", success: false)], bucketSeconds: 60)
      _ = try await world.sealAll()
      let digest = try await world.store.evidence.view { view in
        var digest = ScoreDigest()
        try await view.openScores(from: start, before: start.adding(seconds: 60), buckets: [])
        for score in try await view.nextScores() { digest.add(score.line) }
        return digest.value
      }
      #expect(try await world.store.snapshots.all(since: start).map(\.evidenceDigest) == [digest])
    }
  }

  @Test("what is hashed of a snapshot is what is read from its row, whatever the numbers and texts")
  func roundTrip() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 30)
      try await world.addScore("p", due: start)
      let summary: JSONObject = [
        "value": 1e16, "huge": 1.7976931348623157e308, "tiny": 5e-324, "minus": -0.0, "long": 123456789012345680000.0,
        "edge": -9.2e18, "small": 1e-7, "third": .double(1.0 / 3), "whole": 2, "real": 2.0,
        "text": "é\u{1F600}\u{7F}\n",
        "list": [1e17, ["z": 1, "a": [nil, true]]], "é": 1, "Z": 0.1,
      ]
      _ = try await world.store.seals.sealDue(bucketSeconds: 60, atMost: 1) { (scores, start: Timestamp) in
        World.snapshots(of: scores, from: start).map { snapshot in
          var odd = snapshot
          odd.resultSummary = summary
          return odd
        }
      }
      let snapshot = try #require(try await world.store.snapshots.all(since: start).first)
      let proof = try #require(try await world.store.evidence.proof(of: snapshot.id))
      #expect(snapshot.contentHash == proof.proof.leaf && proof.problems == [])
    }
  }

  @Test("a value is spelled as the database spells it")
  func databaseText() async throws {
    let values: [JSON] = [
      1e-7, 1.5e-300, -2.5e17, 1e22, 0.1, 1.0, -0.0, 9_007_199_254_740_993, 5e-324, nil, true,
      "é\u{1F600}\u{7F}\n\t\u{1}\"\\/",
      ["bb": [1, 2.0, [:]], "a": "x", "é": 1, "Z": false, "": []], [],
    ]
    try await TestDatabase.with { database in
      for value in values {
        let row = try await database.store.pool.query("SELECT $1::jsonb::text", [.json(try value.encoded())])[0]
        #expect(try String(decoding: value.databaseText, as: UTF8.self) == row.text(0))
      }
    }
  }

  @Test("a bucket whose snapshots another tool wrote is no cycle of ours")
  func foreignSnapshot() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p", due: start)
      let end = start.adding(seconds: 60)
      try await world.store.pool.query(
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb)
        VALUES ($1, 'a', $2, $2, 9, '{"value": 9}')
        """, [.text(RecordIDs.snapshot(model: "a", at: end)), .time(end.microseconds)])
      #expect(try await world.sealAll() == [start])
      #expect(try await world.store.evidence.cycles(since: nil, until: nil, limit: 10) == [])
    }
  }
}
