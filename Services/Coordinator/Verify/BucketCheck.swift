import Callables
import Competition
import Diagnosis
import Store

/// The scores of one model in one sealed bucket, and whether its snapshot follows from them.
struct BucketCheck: Sendable {
  let modelID: String
  let bucket: Bucket
  private var results: [JSONObject] = []
  /// Of all scores, in order, as the digest has them.
  private var lines: [ScoreDigest.Line] = []
  private var fault: (difference: Difference, finding: ScoreCheck.Finding, line: Int)?
  private var truthDifference: (difference: Difference, source: TruthCheck.Source?)?

  init(modelID: String, bucket: Bucket) {
    self.modelID = modelID
    self.bucket = bucket
  }

  mutating func add(_ score: EvidencedScore, _ finding: ScoreCheck.Finding, truth: TruthCheck.Finding?) {
    lines.append(score.line)
    if score.success == true { results.append(finding.result) }
    if fault == nil, let difference = finding.difference { fault = (difference, finding, lines.count - 1) }
    if truthDifference == nil, case .differs(let difference, let source) = truth {
      truthDifference = (difference, source)
    }
  }

  /// The snapshot that follows; nil where no score succeeded.
  var recomputed: Snapshot? {
    results.isEmpty
      ? nil : Snapshot(of: results, modelID: modelID, periodStart: bucket.start, periodEnd: bucket.end)
  }

  /// Throws the score or truth that is at fault, or else what says that one of the rows behind the snapshot was changed.
  /// - Parameter stored: nil when there is none.
  func checkScores(_ stored: EvidencedSnapshot?) throws {
    // Rows that are as they were when the bucket was sealed are not at fault.
    let sealed = stored?.snapshot.evidenceDigest
    let digest = digest(of: lines)
    let isAsSealed = sealed == digest
    if let (difference, source) = truthDifference { throw Self.blame(difference, source, isAsSealed: isAsSealed) }
    if let fault { throw blame(fault.difference, fault.finding, line: fault.line, sealed: sealed, isAsSealed) }
    guard let stored else {
      guard let recomputed else { return }
      throw Difference(
        table: "snapshots", row: recomputed.id, column: "period_start", stored: "no sealed snapshot of this bucket",
        recomputed: "\(bucket.start), \(results.count) scores",
        note: "or period_start of one of the scores of \(modelID) was changed")
    }
    try Difference.check(
      "snapshots", stored.snapshot.id, "prediction_count", stored: stored.snapshot.predictionCount,
      recomputed: results.count,
      note: "or a score of \(modelID) was removed, added or moved from \(bucket.start) to \(bucket.end)")
    guard let sealed else { return }
    try Difference.check(
      "snapshots", stored.snapshot.id, "meta_jsonb", stored: sealed, recomputed: digest,
      note: "or an output, score or truth behind it was changed, without changing a score (\(lines.count) scores of "
        + "\(modelID) from \(bucket.start) to \(bucket.end))")
  }

  /// Throws what differs in the snapshot itself.
  /// - Parameters:
  ///   - aggregator: nil when it cannot be used any more; then the summary stands as it is.
  ///   - metrics: of all models; they go before what the aggregation gives under the same name.
  func checkSummary(
    _ stored: Snapshot, by aggregator: SnapshotAggregator?, metrics: FigureCheck.Metrics,
    _ report: inout VerificationReport
  ) async throws {
    if let aggregator {
      let failed = stored.meta[Snapshot.aggregationFailureKey] != nil
      // Where the competition's function failed the means stood in; it may have failed for once.
      let used = failed ? SnapshotAggregator() : aggregator
      let made = await used.summaries(of: [results]).first?.summary ?? [:]
      let (expected, unknown) = Self.summary(made, metrics, of: stored)
      if !unknown.isEmpty { report.skip("metrics whose function cannot be used, or fails now", unknown.count) }
      try Difference.check(
        "snapshots", stored.id, "result_summary_jsonb", stored: stored.resultSummary, recomputed: expected.stored)
    } else {
      report.skip("summaries whose aggregation cannot be used any more")
    }
    try Difference.check(
      "snapshots", stored.id, "period_end", stored: stored.periodEnd, recomputed: bucket.end)
  }

  /// The summary that a snapshot must have. A metric that failed when the bucket was sealed is missing, as the snapshot says;
  /// of one that cannot be made now the stored number stands.
  private static func summary(
    _ made: JSONObject, _ metrics: FigureCheck.Metrics, of stored: Snapshot
  ) -> (expected: JSONObject, unknown: Set<String>) {
    let missing = Set(stored.meta[Snapshot.metricFailuresKey]?.object?.keys ?? [])
    let failed = Set(metrics.figures.failures[stored.modelID]?.keys ?? [])
    let unknown = metrics.unknown.union(failed).subtracting(missing)
    var expected = made
    for figure in metrics.figures.values[stored.modelID] ?? [:] where !missing.contains(figure.key) {
      expected[figure.key] = figure.value
    }
    for name in unknown { expected[name] = stored.resultSummary[name] }
    return (expected, unknown)
  }

  private func digest(of lines: [ScoreDigest.Line]) -> String {
    var digest = ScoreDigest()
    for line in lines { digest.add(line) }
    return digest.value
  }

  /// A score that does not follow from its output and truth. The digest tells which of the two was changed: with the score as
  /// it follows in its place, it fits when it is the score.
  private func blame(
    _ difference: Difference, _ finding: ScoreCheck.Finding, line index: Int, sealed: String?, _ isAsSealed: Bool
  ) -> Difference {
    var difference = difference
    guard let sealed, difference.table == "scores" else { return difference }
    if isAsSealed {
      difference.note =
        "outputs, scores and truths are as they were sealed: another function scores now, or this column "
        + "was changed"
      return difference
    }
    var lines = lines
    lines[index].score = JSON.object(finding.expected.result).databaseText
    lines[index].success = finding.expected.success
    if digest(of: lines) == sealed {
      difference.note = nil
      return difference
    }
    return Difference(
      table: "predictions", row: lines[index].predictionID, column: "inference_output_jsonb",
      stored: String(decoding: lines[index].output, as: UTF8.self),
      recomputed: "an output with the score \(Difference.text(finding.result))",
      note: "or more than one column of \(lines[index].predictionID) and \(finding.expected.id) was changed")
  }

  /// A truth that does not follow from its source: when it is as it was sealed, the source is at fault.
  static func blame(
    _ difference: Difference, _ source: TruthCheck.Source?, isAsSealed: Bool
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
