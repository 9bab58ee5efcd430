import Competition
import Store

/// Builds the trees of all cycles again, and the chain over them.
struct ChainPass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span
  let progress: VerificationProgress

  /// Cycles, and nodes about, that are held at a time.
  private static let cycles = 500
  private static let nodes = 20_000

  func run(_ report: inout VerificationReport) async throws {
    var previous = try await view.cycle(through: span.start)
    var start = span.start
    while true {
      var batch = try await view.cycles(EvidenceView.Span(start: start, end: span.end), limit: Self.cycles)[...]
      guard let last = batch.last else { return }
      start = last.createdAt
      while !batch.isEmpty {
        var sum = 0
        let part = batch.prefix { cycle in
          defer { sum += 2 * cycle.snapshotCount }
          return sum < Self.nodes
        }
        batch = batch.dropFirst(part.count)
        let stored = Dictionary(grouping: try await view.nodes(ofCycles: part.map(\.id)), by: \.treeID)
        for cycle in part {
          try Self.check(cycle, stored[cycle.id] ?? [], after: previous)
          previous = cycle
          report.count("cycles")
          report.count("nodes of trees", stored[cycle.id]?.count ?? 0)
        }
        progress.say("\(report.verified["cycles"] ?? 0) cycles, up to \(previous?.createdAt ?? start)")
      }
    }
  }

  private static func check(_ cycle: MerkleCycle, _ nodes: [StoredNode], after previous: MerkleCycle?) throws {
    func check<Value: Equatable>(_ column: String, _ stored: Value, _ recomputed: Value) throws {
      try Difference.check("merkle_cycles", cycle.id, column, stored: stored, recomputed: recomputed)
    }
    try check("created_at", RecordIDs.merkleCycle(at: cycle.createdAt), cycle.id)
    try check("previous_cycle_id", cycle.previousID, previous?.id)
    try check("previous_cycle_root", cycle.previousRoot, previous?.chainedRoot)
    let leaves = nodes.prefix { $0.level == 0 }
    for leaf in leaves {
      try Difference.check(
        "snapshots", leaf.snapshotID ?? "", "content_hash", stored: leaf.contentHash,
        recomputed: leaf.snapshotContentHash, note: "or snapshot_content_hash of \(leaf.id) in merkle_nodes")
      try Difference.check("merkle_nodes", leaf.id, "hash", stored: leaf.hash, recomputed: leaf.contentHash)
    }
    let models = leaves.compactMap(\.modelID)
    let isOrdered = zip(models, models.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    try check("snapshots_root", isOrdered ? "leaves by model" : "leaves in another order", "leaves by model")
    guard let tree = MerkleTree(leaves: leaves.map(\.hash)) else {
      throw Difference(
        table: "merkle_cycles", row: cycle.id, column: "id", stored: "a cycle without leaves",
        recomputed: "\(cycle.snapshotCount) leaves", note: "or its rows in merkle_nodes were removed")
    }
    let expected = MerkleCycle(over: tree, after: previous, at: cycle.createdAt)
    try StoredNode.check(
      nodes, MerkleNode.all(of: tree, in: .cycle(cycle.id), snapshotIDs: leaves.map { $0.snapshotID ?? "" }))
    try check("snapshot_count", cycle.snapshotCount, expected.snapshotCount)
    try check("snapshots_root", cycle.snapshotsRoot, expected.snapshotsRoot)
    try check("chained_root", cycle.chainedRoot, expected.chainedRoot)
  }
}

extension StoredNode {
  /// Whether the nodes of a tree are stored as they follow from its leaves.
  static func check(_ stored: [StoredNode], _ expected: [MerkleNode]) throws {
    for (stored, expected) in zip(stored, expected) {
      func check<Value: Equatable>(_ column: String, _ stored: Value, _ recomputed: Value, of id: String) throws {
        try Difference.check("merkle_nodes", id, column, stored: stored, recomputed: recomputed)
      }
      try check("id", stored.id, expected.id, of: stored.id)
      try check("level", stored.level, expected.level, of: stored.id)
      try check("position", stored.position, expected.position, of: stored.id)
      try check("hash", stored.hash, expected.hash, of: stored.id)
      try check("left_child_id", stored.leftChildID, expected.leftChildID, of: stored.id)
      try check("right_child_id", stored.rightChildID, expected.rightChildID, of: stored.id)
      try check("snapshot_id", stored.snapshotID, expected.snapshotID, of: stored.id)
    }
    guard stored.count != expected.count else { return }
    throw Difference(
      table: "merkle_nodes", row: expected.first?.tree.id ?? stored.first?.treeID ?? "", column: "id",
      stored: "\(stored.count) nodes", recomputed: "\(expected.count) nodes")
  }
}
