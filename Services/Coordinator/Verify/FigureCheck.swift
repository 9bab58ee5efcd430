import Callables
import Competition
import Store
import Synchronization

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

  /// The metrics that the snapshots of a bucket must have.
  struct Metrics: Sendable {
    /// By model.
    var figures = ModelFigures()
    /// Names of those that nothing can be said of: their functions cannot be used any more.
    var unknown: Set<String> = []
  }

  /// Takes a bucket and answers the metrics that its snapshots must have.
  /// - Throws: `Difference` for an ensemble's prediction that does not follow from its members'.
  mutating func metrics(
    of bucket: Bucket, _ answers: [ScoredAnswer], _ snapshots: [Snapshot], _ report: inout VerificationReport
  ) async throws -> Metrics {
    for contract in histories.keys {
      histories[contract]?.replace(bucket.start, with: answers)
      histories[contract]?.forget(endingAt: bucket.end)
    }
    // Noted when the figures are made: they are for the buckets that follow.
    defer { for contract in histories.keys { histories[contract]?.replace(bucket.start, with: snapshots) } }
    guard let first = snapshots.first, first.meta[Snapshot.contractKey] != nil else { return Metrics() }
    let contract = try book.contract(of: first.meta, table: "snapshots", row: first.id)
    guard let history = histories[contract] else { return Metrics() }
    let functions = await book.functions(of: contract).figures
    try await checkEnsembles(history, bucket, answers, functions, &report)
    var metrics = Metrics(figures: ModelFigures(values: history.figures(of: bucket)))
    if let functions {
      metrics.figures = metrics.figures.merging(await functions.figures { history.answerPanel(of: bucket) })
    } else {
      metrics.unknown = Set(contract.metricFunctions.keys)
    }
    return metrics
  }

  private func checkEnsembles(
    _ history: MetricHistory, _ bucket: Bucket, _ answers: [ScoredAnswer], _ functions: FigureFunctions?,
    _ report: inout VerificationReport
  ) async throws {
    let failed = Mutex<Set<String>>([])
    let predictions = await history.ensemblePredictions(of: bucket, answers) { ensemble, material in
      do {
        guard let functions else {
          guard let members = ensemble.members(of: material) else { throw ExtensionFailure("its function is gone") }
          return members
        }
        return try await functions.members(of: ensemble, material)
      } catch {
        failed.withLock { _ = $0.insert(EnsembleName.modelID(ensemble.name)) }
        return nil
      }
    }
    let expected = Dictionary(
      predictions.map { ($0.id, $0.output) }, uniquingKeysWith: { first, _ in first })
    for answer in answers where EnsembleName.isVirtual(answer.prediction.modelID) {
      guard let output = expected[answer.prediction.id] else {
        report.skip(
          failed.withLock { $0.contains(answer.prediction.modelID) }
            ? "predictions of ensembles whose functions cannot be used now"
            : "predictions of ensembles that the contract does not ask for")
        continue
      }
      try Difference.check(
        "predictions", answer.prediction.id, "inference_output_jsonb", stored: answer.prediction.output,
        recomputed: output.stored, note: "or an output of a member was changed")
      report.count("predictions of ensembles")
    }
  }
}
