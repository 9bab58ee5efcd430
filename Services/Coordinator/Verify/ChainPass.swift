import Competition
import Store

/// Builds the trees of all cycles again, and the chain over them.
struct ChainPass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span

  /// Cycles, and nodes about, that are held at a time.
  private static let cycles = 500
  private static let nodes = 20_000

  func run(_ report: inout VerificationReport) async throws {
    var previous = try await view.cycle(through: span.start)
    var start = span.start
    while true {
      let batch = try await view.cycles(EvidenceView.Span(start: start, end: span.end), limit: Self.cycles)
      guard let last = batch.last else { return }
      start = last.createdAt
      var parts = Self.parts(of: batch)[...]
      var stored = try await nodes(of: parts.first ?? [])
      while let part = parts.popFirst() {
        // The server reads on meanwhile.
        let next = parts.first ?? []
        async let following = nodes(of: next)
        for cycle in part {
          try Self.check(cycle, stored[cycle.id] ?? [], after: previous)
          previous = cycle
          report.count("cycles")
          report.count("nodes of trees", stored[cycle.id]?.count ?? 0)
        }
        stored = try await following
      }
    }
  }

  private func nodes(of cycles: [MerkleCycle]) async throws -> [String: [StoredNode]] {
    cycles.isEmpty ? [:] : Dictionary(grouping: try await view.nodes(ofCycles: cycles.map(\.id)), by: \.treeID)
  }

  /// Cycles in parts that have as many nodes as are held at a time, about.
  private static func parts(of cycles: [MerkleCycle]) -> [[MerkleCycle]] {
    var parts: [[MerkleCycle]] = []
    var room = 0
    for cycle in cycles {
      if room <= 0 {
        parts.append([])
        room = nodes
      }
      parts[parts.count - 1].append(cycle)
      room -= 2 * cycle.snapshotCount
    }
    return parts
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
      // Whether the snapshot has this hash is found where it follows from its scores.
      try Difference.check(
        "merkle_nodes", leaf.id, "snapshot_content_hash", stored: leaf.snapshotContentHash,
        recomputed: Optional(leaf.hash))
    }
    let models = leaves.compactMap { $0.snapshotID.map(Self.modelID) }
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

extension ChainPass {
  /// What stands in a snapshot's id between `SNAP_` and its time.
  private static func modelID(_ snapshotID: String) -> Substring { snapshotID.dropFirst(5).dropLast(16) }
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
