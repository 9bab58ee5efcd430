import Competition
import Store

// The chain of evidence: /reports/merkle/cycles, one of them, and the proof of a snapshot.

extension ReportAPI {
  var merkleRoutes: [Route] {
    [
      .get(
        "/reports/merkle/cycles", "The chain of evidence: a cycle for each sealed period, the newest ones.",
        .time("since", "Only those from then on."), .time("until", "Only those up to then."), .limit(50, in: 1...500),
        answers: .json(.rows("MerkleCycle"), "Cycles, ascending by their time.")
      ) { _, since, until, limit in
        .list(try await store.evidence.cycles(since: since, until: until, limit: limit)) { text, cycle in
          text.object { cycle.write(into: &$0) }
        }
      },
      .get(
        "/reports/merkle/cycles/{id}", "One cycle.", answers: .json(.named("MerkleCycle"), "The cycle."),
        missing: "There is no such cycle."
      ) { request in
        guard !request.id.hasNUL, let cycle = try await store.evidence.cycle(id: request.id) else {
          throw APIError.notFound("Merkle cycle not found")
        }
        return .object { cycle.write(into: &$0) }
      },
      .get(
        "/reports/merkle/proof", "That a snapshot is in the chain of evidence.",
        .requiredText("snapshot_id", "The snapshot."),
        answers: .json(
          .named("MerkleProof"),
          "The text that was hashed, the way from its hash to the root of its cycle, and on to that of its checkpoint."),
        missing: "The snapshot is in no cycle."
      ) { _, id in
        guard let proof = try await store.evidence.proof(of: id) else {
          throw APIError.notFound("No Merkle proof found for snapshot '\(id)'")
        }
        return .object { proof.write(into: &$0) }
      },
    ]
  }
}

extension MerkleCycle {
  func write(into row: inout JSONText) {
    row.member("id", .string(id))
    row.member("previous_cycle_id", JSON(previousID))
    row.member("previous_cycle_root", JSON(previousRoot))
    row.member("snapshots_root", .string(snapshotsRoot))
    row.member("chained_root", .string(chainedRoot))
    row.member("snapshot_count", JSON(snapshotCount))
    row.member("created_at", createdAt.json(.z))
  }
}

extension SnapshotProof {
  /// The original's keys, then what its readers had to find out: the text that was hashed, the root that the way leads to,
  /// and the way on to the checkpoint.
  func write(into row: inout JSONText) {
    row.member("snapshot_id", .string(snapshotID))
    row.member("snapshot_content_hash", .string(leafContentHash))
    row.member("cycle_id", .string(cycle.id))
    row.member("cycle_root", .string(cycle.chainedRoot))
    row.member("checkpoint_id", JSON(checkpoint?.id))
    row.member("merkle_root", JSON(checkpoint?.merkleRoot))
    row.member("path", proof.json)
    row.member("canonical_json", .string(canonicalText))
    row.member("snapshots_root", .string(cycle.snapshotsRoot))
    row.member("previous_cycle_root", JSON(cycle.previousRoot))
    row.member("checkpoint_path", checkpoint?.proof.json ?? .null)
  }
}
