import Competition
import Store

/// Whether metrics and ensembles of sealed buckets follow from what the models answered. Goes along with the buckets in order
/// of time, each with the histories of all contracts that ask for figures.
struct FigureCheck: Sendable {
  private let book: ContractBook
  private var histories: [CrunchContract: MetricHistory] = [:]

  /// nil when no contract asks for figures.
  /// - Parameter start: of the first bucket that is looked at; what its figures look back on is read from the view.
  init?(_ book: ContractBook, view: EvidenceView, from start: Timestamp) async throws {
    self.book = book
    for contract in Set(book.byDigest.values) {
      if let history = try contract.metricHistory() { histories[contract] = history }
    }
    guard let seconds = histories.values.map(\.seconds).max() else { return nil }
    // Before the year 1 there is nothing.
    guard start > EvidenceView.Span.all.start else { return }
    let from = start.adding(seconds: -seconds)
    let answers = try await view.answers(from: from, before: start)
    let snapshots = try await view.sealedSnapshots(EvidenceView.Span(start: from, end: start))
    for contract in histories.keys {
      for (period, own) in Dictionary(grouping: answers, by: \.periodStart) {
        histories[contract]?.replace(period, with: own)
      }
      for (period, own) in Dictionary(grouping: snapshots, by: \.periodStart) {
        histories[contract]?.replace(period, with: own)
      }
    }
  }

  /// Takes a bucket and answers the metrics that its snapshots must have.
  /// - Throws: `Difference` for an ensemble's prediction that does not follow from its members'.
  mutating func metrics(
    of bucket: Bucket, _ answers: [ScoredAnswer], _ snapshots: [Snapshot], _ report: inout VerificationReport
  ) throws -> [String: JSONObject] {
    for contract in histories.keys {
      histories[contract]?.replace(bucket.start, with: answers)
      histories[contract]?.forget(endingAt: bucket.end)
    }
    // Noted when the figures are made: they are for the buckets that follow.
    defer { for contract in histories.keys { histories[contract]?.replace(bucket.start, with: snapshots) } }
    guard let first = snapshots.first, first.meta[Snapshot.contractKey] != nil else { return [:] }
    let contract = try book.contract(of: first.meta, table: "snapshots", row: first.id)
    guard let history = histories[contract] else { return [:] }
    let expected = Dictionary(
      history.ensemblePredictions(of: bucket, answers).map { ($0.id, $0.output) },
      uniquingKeysWith: { first, _ in first })
    for answer in answers where EnsembleName.isVirtual(answer.prediction.modelID) {
      guard let output = expected[answer.prediction.id] else {
        report.skip("predictions of ensembles that the contract does not ask for")
        continue
      }
      try Difference.check(
        "predictions", answer.prediction.id, "inference_output_jsonb", stored: answer.prediction.output,
        recomputed: output.stored, note: "or an output of a member was changed")
      report.count("predictions of ensembles")
    }
    return history.figures(of: bucket)
  }
}
