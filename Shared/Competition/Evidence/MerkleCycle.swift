/// A sealed bucket in the chain of evidence: a tree over its snapshots, and a root over this tree and all before it.
public struct MerkleCycle: Sendable, Hashable {
  public var id: String
  public var previousID: String?
  /// The chained root of the cycle before; nil in the first.
  public var previousRoot: String?
  /// The root over the content hashes of the snapshots in order of model id.
  public var snapshotsRoot: String
  /// The hash of the root before and `snapshotsRoot`; in the first cycle `snapshotsRoot` itself.
  public var chainedRoot: String
  public var snapshotCount: Int
  /// The end of the bucket; it decides which checkpoint counts the cycle.
  public var createdAt: Timestamp

  public init(
    id: String, previousID: String?, previousRoot: String?, snapshotsRoot: String, chainedRoot: String,
    snapshotCount: Int, createdAt: Timestamp
  ) {
    self.id = id
    self.previousID = previousID
    self.previousRoot = previousRoot
    self.snapshotsRoot = snapshotsRoot
    self.chainedRoot = chainedRoot
    self.snapshotCount = snapshotCount
    self.createdAt = createdAt
  }

  /// The cycle over a tree of snapshots. It is later than the one before, whatever its time.
  public init(over tree: MerkleTree, after previous: MerkleCycle?, at time: Timestamp) {
    let time = previous.map { max(time, Timestamp(microseconds: $0.createdAt.microseconds + 1)) } ?? time
    self.init(
      id: RecordIDs.merkleCycle(at: time), previousID: previous?.id, previousRoot: previous?.chainedRoot,
      snapshotsRoot: tree.root, chainedRoot: Self.chained(tree.root, after: previous?.chainedRoot),
      snapshotCount: tree.levels[0].count, createdAt: time)
  }

  static func chained(_ root: String, after previous: String?) -> String {
    previous.map { MerkleHash.parent($0, root) } ?? root
  }
}

extension MerkleCycle {
  /// Whether the chained root follows from the root before and the snapshots' root.
  public var isChained: Bool { chainedRoot == Self.chained(snapshotsRoot, after: previousRoot) }
}
