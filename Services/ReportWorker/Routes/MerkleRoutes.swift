import Competition
import Store

// The chain of evidence: /reports/merkle/cycles, one of them, and the proof of a snapshot.

extension ReportAPI {
  var merkleRoutes: [Route] {
    [
      .get("/reports/merkle/cycles", cycles),
      .get("/reports/merkle/cycles/{id}", cycle),
      .get("/reports/merkle/proof", proof),
    ]
  }

  private func cycles(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let since = query.timestamp("since")
    let until = query.timestamp("until")
    let limit = query.integer("limit", default: 50, in: 1...500)
    try query.finish()
    return .list(try await store.evidence.cycles(since: since, until: until, limit: limit)) { text, cycle in
      text.object { cycle.write(into: &$0) }
    }
  }

  private func cycle(_ request: APIRequest) async throws -> Answer {
    guard !request.id.hasNUL, let cycle = try await store.evidence.cycle(id: request.id) else {
      throw APIError.notFound("Merkle cycle not found")
    }
    return .object { cycle.write(into: &$0) }
  }

  private func proof(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let id = query.requiredText("snapshot_id")
    try query.finish()
    guard !id.hasNUL, let proof = try await store.evidence.proof(of: id) else {
      throw APIError.notFound("No Merkle proof found for snapshot '\(id)'")
    }
    return .object { proof.write(into: &$0) }
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
    row.member("snapshot_content_hash", .string(proof.leaf))
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
