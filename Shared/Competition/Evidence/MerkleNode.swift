/// A node of a tree as it is stored: of a cycle's tree over snapshots, or of a checkpoint's over chained roots.
public struct MerkleNode: Sendable, Hashable {
  public enum Tree: Sendable, Hashable {
    case cycle(String)
    case checkpoint(String)

    public var id: String {
      switch self {
      case .cycle(let id), .checkpoint(let id): id
      }
    }
  }

  public var tree: Tree
  /// 0 for leaves.
  public var level: Int
  /// Index in the level.
  public var position: Int
  public var hash: String
  /// Of a leaf nil, as `rightChildID`; a node over one that is paired with itself names it twice.
  public var leftChildID: String?
  public var rightChildID: String?
  /// The snapshot that the leaf is the hash of.
  public var snapshotID: String?

  public var id: String { RecordIDs.merkleNode(of: tree.id, level: level, position: position) }

  public init(
    tree: Tree, level: Int, position: Int, hash: String, leftChildID: String? = nil, rightChildID: String? = nil,
    snapshotID: String? = nil
  ) {
    self.tree = tree
    self.level = level
    self.position = position
    self.hash = hash
    self.leftChildID = leftChildID
    self.rightChildID = rightChildID
    self.snapshotID = snapshotID
  }

  /// All nodes of a tree, leaves first, then level by level.
  /// - Parameter snapshotIDs: of the leaves, in their order; empty where the leaves are no snapshots.
  public static func all(of merkle: MerkleTree, in tree: Tree, snapshotIDs: [String] = []) -> [MerkleNode] {
    merkle.levels.enumerated().flatMap { level, hashes in
      hashes.enumerated().map { position, hash in
        var node = MerkleNode(tree: tree, level: level, position: position, hash: hash)
        if level == 0 {
          node.snapshotID = snapshotIDs.indices.contains(position) ? snapshotIDs[position] : nil
        } else {
          let last = merkle.levels[level - 1].count - 1
          node.leftChildID = RecordIDs.merkleNode(of: tree.id, level: level - 1, position: position * 2)
          node.rightChildID = RecordIDs.merkleNode(
            of: tree.id, level: level - 1, position: min(position * 2 + 1, last))
        }
        return node
      }
    }
  }
}
