/// That a leaf is under a root, by the nodes beside the way from one to the other.
public struct MerkleProof: Sendable, Hashable {
  public enum Side: String, Sendable { case left, right }

  /// A node beside the way, and on which side it stands.
  public struct Step: Sendable, Hashable {
    public var hash: String
    public var side: Side

    public init(hash: String, side: Side) {
      self.hash = hash
      self.side = side
    }
  }

  public var leaf: String
  /// From the leaf up; empty when the leaf is the root.
  public var path: [Step]

  public init(leaf: String, path: [Step]) {
    self.leaf = leaf
    self.path = path
  }

  /// The root that follows from the leaf and the way.
  public var root: String {
    path.reduce(leaf) { current, step in
      step.side == .right ? MerkleHash.parent(current, step.hash) : MerkleHash.parent(step.hash, current)
    }
  }

  public func verifies(root: String) -> Bool { self.root == root }
}

extension MerkleProof {
  /// The way as reports show it: `[{hash, position: "left"|"right"}]`.
  public var json: JSON {
    .array(path.map { .object(["hash": .string($0.hash), "position": .string($0.side.rawValue)]) })
  }
}
