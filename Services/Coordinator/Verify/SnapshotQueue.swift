import Competition
import Store

/// The stored snapshots of a window in order, taken as the scores that they follow from come by. What a snapshot says of
/// itself is checked when it is taken: its id, and the hash of its columns.
struct SnapshotQueue: Sendable {
  private let view: EvidenceView
  private var page: ArraySlice<EvidencedSnapshot> = []
  private var hasEnded = true
  /// Of the window that is read.
  private(set) var verified = 0
  private(set) var withoutEvidence = 0
  /// Hashes that do not fit, once it is known that scores and columns do.
  private var suspect: Difference?

  init(_ view: EvidenceView) { self.view = view }

  /// Reads those of a window, which the view has opened.
  mutating func begin() {
    (page, hasEnded, verified, withoutEvidence) = ([], false, 0, 0)
  }

  /// The snapshot of a model and bucket; nil when there is none.
  mutating func take(modelID: String, bucket: Bucket) async throws -> EvidencedSnapshot? {
    guard let next = try await next() else { return nil }
    let snapshot = next.snapshot
    if snapshot.periodStart == bucket.start, snapshot.modelID == modelID {
      page.removeFirst()
      try examine(next)
      return next
    }
    let isBefore =
      snapshot.periodStart != bucket.start
      ? snapshot.periodStart < bucket.start : snapshot.modelID.utf8.lexicographicallyPrecedes(modelID.utf8)
    if isBefore { throw try Self.withoutScores(next) }
    return nil
  }

  /// What is left has no scores.
  mutating func finish() async throws {
    if let left = try await next() { throw try Self.withoutScores(left) }
    if let suspect { throw suspect }
  }

  private mutating func next() async throws -> EvidencedSnapshot? {
    if page.isEmpty, !hasEnded {
      page = try await view.nextSnapshots()[...]
      hasEnded = page.isEmpty
    }
    return page.first
  }

  private mutating func examine(_ stored: EvidencedSnapshot) throws {
    try Self.checkID(stored.snapshot)
    guard let hash = stored.contentHash else {
      withoutEvidence += 1
      return
    }
    verified += 1
    // What a node writes has as many digits as the number needs.
    let text = JSON.object(stored.snapshot.resultSummary).databaseText
    if text != stored.summaryText {
      throw Difference(
        table: "snapshots", row: stored.snapshot.id, column: "result_summary_jsonb",
        stored: String(decoding: stored.summaryText, as: UTF8.self), recomputed: String(decoding: text, as: UTF8.self))
    }
    guard suspect == nil else { return }
    let recomputed = stored.snapshot.contentHash
    // Columns that were changed are named by what the scores say, before this is.
    guard hash != recomputed else { return }
    suspect = Difference(
      table: "snapshots", row: stored.snapshot.id, column: "content_hash", stored: hash, recomputed: recomputed,
      note: "or one of the columns that are hashed was changed: \(stored.snapshot.canonicalText)")
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
