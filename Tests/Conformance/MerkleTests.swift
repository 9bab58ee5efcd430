import Competition
import Testing
import VectorKit

@Suite("Merkle evidence is that of the original")
struct MerkleTests {
  /// Integers beyond 64 bits are reals here, and no snapshot has one: what would be hashed is what is stored.
  @Test("the canonical text of a snapshot and its hash")
  func snapshotHash() throws {
    for item in try Vectors("v101_merkle_snapshot_hash").cases {
      let text = try #require(item.expected?["canonical_json"]?.string)
      guard !holdsGreatInteger(text) else { continue }
      let canonical: JSON = .object([
        "model_id": item.input["model_id"] ?? .null,
        "period_start": .string(try #require(item.input["period_start"]?.time).iso8601(.offset)),
        "period_end": .string(try #require(item.input["period_end"]?.time).iso8601(.offset)),
        "prediction_count": item.input["prediction_count"] ?? .null,
        "result_summary": item.input["result_summary"] ?? .null,
      ])
      #expect(canonical.canonicalText == text, "\(item)")
      #expect(MerkleHash.of(text) == item.expected?["hash"]?.string, "\(item)")
      // A snapshot's own differs only where PostgreSQL spells a number otherwise than it was given.
      let snapshot = try snapshot(item.input)
      guard .object(snapshot.resultSummary) == JSON.object(snapshot.resultSummary.stored), !text.contains("-0.0")
      else { continue }
      #expect(snapshot.canonicalText == text, "\(item)")
      #expect(snapshot.contentHash == item.expected?["hash"]?.string, "\(item)")
    }
  }

  @Test("trees, their nodes and the proofs of their leaves")
  func trees() throws {
    for item in try Vectors("v101_merkle_tree").cases {
      let expected = try #require(item.expected)
      if let pair = item.input["concat"]?.array {
        let parent = MerkleHash.parent(pair.first?.string ?? "", pair.last?.string ?? "")
        #expect(parent == expected["concat"]?.string, "\(item)")
      }
      let leaves = (item.input["leaves"]?.array ?? []).compactMap(\.string)
      guard let tree = MerkleTree(leaves: leaves) else {
        #expect(expected["root"]?.isNull == true, "\(item)")
        continue
      }
      #expect(tree.root == expected["root"]?.string, "\(item)")
      let nodes = MerkleNode.all(of: tree, in: .cycle("C"))
      let rows = nodes.map { JSON.array([JSON($0.level), JSON($0.position), .string($0.hash)]) }
      // Those of great trees are left out.
      if let theirs = expected["nodes"]?.array { #expect(rows == theirs, "\(item)") }
      for member in expected["proofs"]?.object ?? [:] {
        let leaf = try #require(member.value["leaf"]?.string)
        let proof = try #require(tree.proof(of: leaf), "\(item)")
        let path = proof.path.map { JSON.array([.string($0.side.rawValue), .string($0.hash)]) }
        #expect(path == member.value["path"]?.array, "\(item) \(member.key)")
        #expect(proof.verifies(root: tree.root) == member.value["verifies"]?.bool, "\(item)")
      }
    }
  }

  /// The original makes a cycle at each turn of its worker and counts those within a period; ours are counted as they come.
  @Test("chained cycles and the root of a checkpoint over them")
  func chain() throws {
    for item in try Vectors("v101_merkle_chain").cases {
      let expected = try #require(item.expected)
      var previous: MerkleCycle?
      var cycles: [MerkleCycle] = []
      var nodes: [MerkleNode] = []
      for (turn, theirs) in zip(item.input["cycles"]?.array ?? [], expected["cycles"]?.array ?? []) {
        let snapshots = try (turn["snapshots"]?.array ?? []).map(snapshot).sorted { $0.modelID < $1.modelID }
        guard let tree = MerkleTree(leaves: snapshots.map(\.contentHash)) else {
          #expect(theirs.isNull, "\(item)")
          continue
        }
        let cycle = MerkleCycle(over: tree, after: previous, at: try #require(turn["now"]?.time))
        #expect(cycle.id == theirs["id"]?.string, "\(item)")
        #expect(cycle.previousID == theirs["previous_cycle_id"]?.string, "\(item)")
        #expect(cycle.previousRoot == theirs["previous_cycle_root"]?.string, "\(item)")
        #expect(cycle.snapshotsRoot == theirs["snapshots_root"]?.string, "\(item)")
        #expect(cycle.chainedRoot == theirs["chained_root"]?.string, "\(item)")
        #expect(JSON(cycle.snapshotCount) == theirs["snapshot_count"], "\(item)")
        cycles.append(cycle)
        nodes += MerkleNode.all(of: tree, in: .cycle(cycle.id), snapshotIDs: snapshots.map(\.id))
        previous = cycle
      }
      let start = try #require(item.input["checkpoint"]?["period_start"]?.time)
      let end = try #require(item.input["checkpoint"]?["period_end"]?.time)
      let counted = cycles.filter { $0.createdAt >= start && $0.createdAt <= end }
      let tree = MerkleTree(leaves: counted.map(\.chainedRoot))
      #expect(tree?.root == expected["checkpoint_root"]?.string, "\(item)")
      if let tree {
        nodes += MerkleNode.all(of: tree, in: .checkpoint(item.input["checkpoint"]?["id"]?.string ?? ""))
      }
      let theirs = Dictionary(
        (expected["nodes"]?.array ?? []).map { ($0["id"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
      #expect(nodes.count == theirs.count, "\(item)")
      for node in nodes { #expect(json(node) == theirs[node.id], "\(item) \(node.id)") }
    }
  }

  private func json(_ node: MerkleNode) -> JSON {
    var (cycle, checkpoint) = (JSON.null, JSON.null)
    switch node.tree {
    case .cycle(let id): cycle = .string(id)
    case .checkpoint(let id): checkpoint = .string(id)
    }
    return [
      "id": .string(node.id), "cycle_id": cycle, "checkpoint_id": checkpoint, "level": JSON(node.level),
      "position": JSON(node.position), "hash": .string(node.hash), "left_child_id": JSON(node.leftChildID),
      "right_child_id": JSON(node.rightChildID), "snapshot_id": JSON(node.snapshotID),
    ]
  }

  private func snapshot(_ json: JSON) throws -> Snapshot {
    let end = try #require(json["period_end"]?.time)
    return Snapshot(
      id: json["id"]?.string ?? "", modelID: json["model_id"]?.string ?? "",
      periodStart: try #require(json["period_start"]?.time), periodEnd: end,
      predictionCount: Int(json["prediction_count"]?.int ?? 0), resultSummary: json["result_summary"]?.object ?? [:],
      createdAt: end)
  }

  /// Whether a JSON text holds an integer of more digits than 64 bits have.
  private func holdsGreatInteger(_ text: String) -> Bool {
    var digits = 0
    var isPlain = true
    for character in text + " " {
      switch character {
      case "0"..."9": digits += 1
      case ".", "e", "+", "\"": (digits, isPlain) = (0, character == "\"")
      default:
        if isPlain, digits > 18 { return true }
        (digits, isPlain) = (0, true)
      }
    }
    return false
  }
}
