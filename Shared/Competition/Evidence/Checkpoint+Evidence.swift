import Crypto

extension Checkpoint {
  /// Digest over what a checkpoint counts and what follows from it: SHA-256 over a line `snapshot id ⇥ evidence digest ⏎`
  /// for each snapshot in order of time, then the canonical texts of the entries and of the ranking, a line each.
  public static func evidenceDigest(snapshots: [Snapshot], entries: [JSON], ranking: JSON) -> String {
    var hash = SHA256()
    for snapshot in snapshots {
      hash.update(data: Array("\(snapshot.id)\t\(snapshot.evidenceDigest ?? "")\n".utf8))
    }
    for value in [JSON.array(entries), ranking] { hash.update(data: Array((value.stored.canonicalText + "\n").utf8)) }
    return hash.finalize().hexadecimal
  }

  /// The digest that was stored with it; nil in checkpoints of builds that had none.
  public var evidenceDigest: String? { meta[Snapshot.evidenceKey]?.string }
}
