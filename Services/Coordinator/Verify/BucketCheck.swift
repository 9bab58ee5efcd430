import Competition
import Store

/// The scores of one model in one sealed bucket, and whether its snapshot follows from them.
struct BucketCheck: Sendable {
  let modelID: String
  let bucket: EvidenceView.Bucket
  private var results: [JSONObject] = []
  private var digest = ScoreDigest()
  private var count = 0
  private var scoreDifference: Difference?
  private var truthDifference: (difference: Difference, source: TruthCheck.Source?)?

  init(modelID: String, bucket: EvidenceView.Bucket) {
    self.modelID = modelID
    self.bucket = bucket
  }

  mutating func add(_ score: EvidencedScore, _ finding: ScoreCheck.Finding, truth: TruthCheck.Finding?) {
    digest.add(score.line)
    count += 1
    if score.success == true { results.append(finding.result) }
    scoreDifference = scoreDifference ?? finding.difference
    if truthDifference == nil, case .differs(let difference, let source) = truth {
      truthDifference = (difference, source)
    }
  }

  /// The snapshot that follows; nil where no score succeeded.
  var recomputed: Snapshot? {
    results.isEmpty
      ? nil : Snapshot(of: results, modelID: modelID, periodStart: bucket.start, periodEnd: bucket.end)
  }

  /// Throws what differs: first the score or truth that is at fault, then the snapshot.
  /// - Parameter stored: nil when there is none.
  func check(_ stored: EvidencedSnapshot?) throws {
    // Rows that are as they were when the bucket was sealed are not at fault.
    let isAsSealed = stored?.snapshot.evidenceDigest == digest.value
    if let (difference, source) = truthDifference { throw Self.blame(difference, source, isAsSealed) }
    if var difference = scoreDifference {
      if isAsSealed { difference.note = "the row is as it was sealed: the scoring function is not the one it was" }
      throw difference
    }
    guard let stored else {
      guard let recomputed else { return }
      throw Difference(
        table: "snapshots", row: recomputed.id, column: "period_start", stored: "no sealed snapshot of this bucket",
        recomputed: "\(bucket.start), \(results.count) scores",
        note: "or period_start of one of the scores of \(modelID) was changed")
    }
    try compare(stored.snapshot)
    guard let sealedDigest = stored.snapshot.evidenceDigest else { return }
    try Difference.check(
      "snapshots", stored.snapshot.id, "meta_jsonb", stored: sealedDigest, recomputed: digest.value,
      note: "or an output, score or truth behind it was changed, without changing a score's value (\(count) scores of "
        + "\(modelID) from \(bucket.start) to \(bucket.end))")
  }

  private func compare(_ stored: Snapshot) throws {
    let scores = "or a score of \(modelID) was removed, added or moved from \(bucket.start) to \(bucket.end)"
    try Difference.check(
      "snapshots", stored.id, "prediction_count", stored: stored.predictionCount, recomputed: results.count,
      note: scores)
    let summary = SnapshotAggregation.summary(of: results).stored
    try Difference.check(
      "snapshots", stored.id, "result_summary_jsonb", stored: stored.resultSummary, recomputed: summary)
    try Difference.check(
      "snapshots", stored.id, "period_end", stored: stored.periodEnd, recomputed: bucket.end)
  }

  /// A truth that does not follow from its source: when it is as it was sealed, the source is at fault.
  private static func blame(
    _ difference: Difference, _ source: TruthCheck.Source?, _ isAsSealed: Bool
  ) -> Difference {
    guard let source else { return difference }
    var blamed = difference
    if isAsSealed {
      (blamed.table, blamed.row, blamed.column) = (source.table, source.row, source.column)
      blamed.note = "the truth of \(difference.row) is as it was sealed, and does not follow from these rows"
    } else {
      blamed.note = "or \(source.table) \(source.row) was changed"
    }
    return blamed
  }
}
