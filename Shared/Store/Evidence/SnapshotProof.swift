import Competition

/// That a snapshot is in the chain of evidence: the text that was hashed, the way from its hash to the root of its cycle,
/// and from there to the root of its checkpoint.
public struct SnapshotProof: Sendable {
  public var snapshotID: String
  /// What is stored beside the snapshot; nil when that was removed.
  public var contentHash: String?
  /// What the leaf says that the snapshot's hash is: the leaf itself, unless another tool wrote otherwise.
  public var leafContentHash: String
  /// The text of the stored row whose SHA-256 is the leaf.
  public var canonicalText: String
  public var cycle: MerkleCycle
  /// From the leaf to the cycle's `snapshotsRoot`.
  public var proof: MerkleProof
  /// nil until a checkpoint counts the cycle.
  public var checkpoint: CheckpointPart?

  public struct CheckpointPart: Sendable {
    public var id: String
    public var merkleRoot: String?
    /// From the cycle's chained root to the checkpoint's `merkleRoot`.
    public var proof: MerkleProof
  }

  /// What does not fit, in words; empty when the proof holds.
  public var problems: [String] {
    var problems: [String] = []
    if MerkleHash.of(canonicalText) != proof.leaf {
      problems.append("the snapshot's text has not the hash of its leaf")
    }
    if contentHash != proof.leaf { problems.append("content_hash of the snapshot is not its leaf") }
    if !proof.verifies(root: cycle.snapshotsRoot) { problems.append("the way does not lead to the root of the cycle") }
    if !cycle.isChained { problems.append("chained_root does not follow from the root before and snapshots_root") }
    if let checkpoint {
      if checkpoint.proof.leaf != cycle.chainedRoot {
        problems.append("the leaf of the checkpoint is not the chained root of the cycle")
      }
      if checkpoint.proof.root != checkpoint.merkleRoot {
        problems.append("the way does not lead to the root of checkpoint \(checkpoint.id)")
      }
    }
    return problems
  }
}
