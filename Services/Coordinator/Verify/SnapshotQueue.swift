import Competition
import Store

/// The stored snapshots of a window in order, taken as the scores that they follow from come by. What a snapshot says of
/// itself is checked when it is taken: its id, and the hash of its columns.
struct SnapshotQueue {
  private let snapshots: [EvidencedSnapshot]
  private var index = 0
  private(set) var verified = 0
  private(set) var withoutEvidence = 0
  /// Hashes that do not fit, once it is known that scores and columns do.
  private var suspect: Difference?

  init(_ snapshots: [EvidencedSnapshot]) { self.snapshots = snapshots }

  /// The snapshot of a model and bucket; nil when there is none.
  mutating func take(modelID: String, bucket: EvidenceView.Bucket) throws -> EvidencedSnapshot? {
    while index < snapshots.count {
      let next = snapshots[index]
      let isBefore =
        next.snapshot.periodStart != bucket.start
        ? next.snapshot.periodStart < bucket.start
        : next.snapshot.modelID.utf8.lexicographicallyPrecedes(modelID.utf8)
      guard isBefore else { break }
      throw try Self.withoutScores(next)
    }
    guard index < snapshots.count, snapshots[index].snapshot.periodStart == bucket.start,
      snapshots[index].snapshot.modelID == modelID
    else { return nil }
    index += 1
    try examine(snapshots[index - 1])
    return snapshots[index - 1]
  }

  /// What is left has no scores.
  mutating func finish() throws {
    if index < snapshots.count { throw try Self.withoutScores(snapshots[index]) }
    if let suspect { throw suspect }
  }

  private mutating func examine(_ stored: EvidencedSnapshot) throws {
    try Self.checkID(stored.snapshot)
    guard let hash = stored.contentHash ?? stored.leafHash else {
      withoutEvidence += 1
      return
    }
    let snapshot = stored.snapshot
    try Difference.check(
      "merkle_nodes", "leaf of \(snapshot.id)", "snapshot_id", stored: stored.leafHash != nil, recomputed: true)
    let recomputed = snapshot.contentHash
    // Columns that were changed are named by what the scores say; here only the hash itself can be at fault.
    if suspect == nil, stored.contentHash != recomputed, stored.leafHash == recomputed {
      suspect = Difference(
        table: "snapshots", row: snapshot.id, column: "content_hash", stored: stored.contentHash ?? "null",
        recomputed: recomputed)
    } else if suspect == nil, hash != recomputed {
      suspect = Difference(
        table: "snapshots", row: snapshot.id, column: "content_hash", stored: hash, recomputed: recomputed,
        note: "or one of the columns that are hashed was changed: \(snapshot.canonicalText)")
    }
    verified += 1
  }

  private static func checkID(_ snapshot: Snapshot) throws {
    let expected = RecordIDs.snapshot(model: snapshot.modelID, at: snapshot.periodEnd)
    guard snapshot.id != expected else { return }
    let isModel = snapshot.id.hasPrefix("SNAP_\(snapshot.modelID)_")
    throw Difference(
      table: "snapshots", row: snapshot.id, column: isModel ? "period_end" : "model_id",
      stored: isModel ? "\(snapshot.periodEnd)" : snapshot.modelID, recomputed: "as its id says")
  }

  private static func withoutScores(_ stored: EvidencedSnapshot) throws -> Difference {
    try checkID(stored.snapshot)
    return Difference(
      table: "snapshots", row: stored.snapshot.id, column: "period_start", stored: "\(stored.snapshot.periodStart)",
      recomputed: "no score of \(stored.snapshot.modelID) is in this bucket", note: "or its scores were removed")
  }
}
