import Competition
import Store

/// Recomputes what is stored from what it was made of, and ends at the first difference.
struct Verification: Sendable {
  let store: Store
  let span: EvidenceView.Span
  let book: ContractBook
  let truths: TruthCheck
  let progress = VerificationProgress()

  func report() async throws -> VerificationReport {
    let started = ContinuousClock.now
    if let difference = book.difference {
      var report = VerificationReport()
      report.difference = difference
      return report
    }
    // Beside each other, each in a view of its own; what the scores say comes first.
    async let chain = store.evidence.view { (view) async throws -> VerificationReport in
      try await self.chainReport(view)
    }
    var report = try await store.evidence.view { (view) async throws -> VerificationReport in
      try await self.scoreReport(view)
    }
    if report.difference == nil { report.add(try await chain) }
    let elapsed = started.duration(to: .now)
    report.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return report
  }

  private func scoreReport(_ view: EvidenceView) async throws -> VerificationReport {
    var report = VerificationReport()
    report.skip("scores of other tools", try await view.foreignScores())
    report.skip("snapshots of other tools", try await view.foreignSnapshots(span))
    var pass = ScorePass(
      view: view, span: span, book: book, truths: truths, progress: progress,
      report: report)
    var found: Difference?
    do { try await pass.run() } catch let difference as Difference { found = difference }
    report = pass.report
    report.difference = found
    return report
  }

  private func chainReport(_ view: EvidenceView) async throws -> VerificationReport {
    var report = VerificationReport()
    do {
      try await ChainPass(view: view, span: span).run(&report)
      try await CheckpointPass(view: view, span: span, book: book).run(&report)
      try await LeaderboardPass(view: view, span: span, book: book).run(&report)
    } catch let difference as Difference {
      report.difference = difference
    }
    return report
  }
}
