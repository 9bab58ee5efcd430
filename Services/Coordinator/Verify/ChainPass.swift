import Competition
import Store

/// Builds the trees of all cycles again, and the chain over them. In a database that was adopted it begins after the original's
/// cycles: the first of ours follows the last of these.
struct ChainPass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span

  /// Cycles, and nodes about, that are held at a time.
  private static let cycles = 500
  private static let nodes = 20_000

  func run(_ report: inout VerificationReport) async throws {
    var start = span.start
    if let adopted = try await view.adopted().until, adopted > start {
      start = min(adopted, span.end)
      report.skip("cycles of other tools", try await view.cycleCount(EvidenceView.Span(start: span.start, end: start)))
    }
    var previous = try await view.cycle(through: start)
    while true {
      let batch = try await view.cycles(EvidenceView.Span(start: start, end: span.end), limit: Self.cycles)
      guard let last = batch.last else { break }
      start = last.createdAt
      var parts = Self.parts(of: batch)[...]
      var stored = try await material(of: parts.first ?? [], after: previous?.createdAt)
      while let part = parts.popFirst() {
        // The server reads on meanwhile.
        let next = parts.first ?? []
        let end = part.last?.createdAt
        async let following = material(of: next, after: end)
        for cycle in part {
          let nodes = stored.nodes[cycle.id] ?? []
          try Self.check(cycle, nodes, hashes: &stored.hashes, after: previous)
          previous = cycle
          report.count("cycles")
          report.count("nodes of trees", nodes.count)
        }
        if let left = stored.hashes.min(by: { $0.key < $1.key }) {
          throw Difference(
            table: "merkle_nodes", row: "the leaf of \(left.key)", column: "snapshot_id", stored: "no leaf",
            recomputed: left.value)
        }
        stored = try await following
      }
    }
    let left = try await view.contentHashes(EvidenceView.Span(start: start, end: span.end))
    guard let id = left.keys.min() else { return }
    throw Difference(
      table: "merkle_cycles", row: "the cycle of \(id)", column: "id", stored: "no cycle",
      recomputed: "a cycle over \(left.count) sealed snapshots")
  }

  /// The nodes of cycles, and the hashes of the snapshots that must be their leaves, by id.
  private struct Material: Sendable {
    var nodes: [String: [StoredNode]] = [:]
    var hashes: [String: String] = [:]
  }

  /// - Parameter time: of the cycle before the first of these.
  private func material(of cycles: [MerkleCycle], after time: Timestamp?) async throws -> Material {
    guard let last = cycles.last else { return Material() }
    let span = EvidenceView.Span(start: time ?? span.start, end: last.createdAt)
    return Material(
      nodes: Dictionary(grouping: try await view.nodes(ofCycles: cycles.map(\.id)), by: \.treeID),
      hashes: try await view.contentHashes(span))
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

  private static func check(
    _ cycle: MerkleCycle, _ nodes: [StoredNode], hashes: inout [String: String], after previous: MerkleCycle?
  ) throws {
    func check<Value: Equatable>(_ column: String, _ stored: Value, _ recomputed: Value) throws {
      try Difference.check("merkle_cycles", cycle.id, column, stored: stored, recomputed: recomputed)
    }
    let id = RecordIDs.merkleCycle(at: cycle.createdAt)
    // Its nodes name it too: two against one.
    if nodes.isEmpty { try check("id", cycle.id, id) } else { try check("created_at", id, cycle.id) }
    try check("previous_cycle_id", cycle.previousID, previous?.id)
    try check("previous_cycle_root", cycle.previousRoot, previous?.chainedRoot)
    let leaves = nodes.prefix { $0.level == 0 }
    for leaf in leaves {
      let hash = hashes.removeValue(forKey: leaf.snapshotID ?? "")
      guard leaf.hash != hash || leaf.snapshotContentHash != hash else { continue }
      // Two against one.
      if leaf.hash == leaf.snapshotContentHash {
        if let owner = hashes.filter({ $0.value == leaf.hash }).keys.min() {
          throw Difference(
            table: "merkle_nodes", row: leaf.id, column: "snapshot_id", stored: leaf.snapshotID ?? "null",
            recomputed: owner)
        }
        throw Difference(
          table: "snapshots", row: leaf.snapshotID ?? "", column: "content_hash", stored: hash ?? "null",
          recomputed: leaf.hash, note: "or hash and snapshot_content_hash of \(leaf.id) in merkle_nodes")
      }
      let isHash = leaf.snapshotContentHash == hash
      throw Difference(
        table: "merkle_nodes", row: leaf.id, column: isHash ? "hash" : "snapshot_content_hash",
        stored: isHash ? leaf.hash : leaf.snapshotContentHash ?? "null", recomputed: hash ?? "null")
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
      // As it is written: of leaves over snapshots alone.
      let contentHash = expected.snapshotID.map { _ in expected.hash }
      try check("snapshot_content_hash", stored.snapshotContentHash, contentHash, of: stored.id)
    }
    guard stored.count != expected.count else { return }
    throw Difference(
      table: "merkle_nodes", row: expected.first?.tree.id ?? stored.first?.treeID ?? "", column: "id",
      stored: "\(stored.count) nodes", recomputed: "\(expected.count) nodes")
  }
}
