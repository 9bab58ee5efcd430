/// A binary tree of hashes over leaves in their order. The last node of an odd level is paired with itself; a leaf alone is
/// its own root.
public struct MerkleTree: Sendable, Hashable {
  /// The leaves, then their parents, and so on up to the root.
  public let levels: [[String]]

  /// nil without leaves: there is nothing to commit to.
  public init?(leaves: [String]) {
    guard !leaves.isEmpty else { return nil }
    var levels = [leaves]
    var level = leaves
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        MerkleHash.parent(level[index], level[min(index + 1, level.count - 1)])
      }
      levels.append(level)
    }
    self.levels = levels
  }

  public var root: String { levels[levels.count - 1][0] }

  /// The way from a leaf to the root; nil when there is no such leaf.
  public func proof(ofLeafAt position: Int) -> MerkleProof? {
    guard levels[0].indices.contains(position) else { return nil }
    var path: [MerkleProof.Step] = []
    var index = position
    for level in levels.dropLast() {
      let sibling = min(index ^ 1, level.count - 1)
      path.append(MerkleProof.Step(hash: level[sibling], side: index % 2 == 0 ? .right : .left))
      index /= 2
    }
    return MerkleProof(leaf: levels[0][position], path: path)
  }

  /// Leaves that are equal share the first one's.
  public func proof(of leaf: String) -> MerkleProof? { levels[0].firstIndex(of: leaf).flatMap(proof(ofLeafAt:)) }
}
