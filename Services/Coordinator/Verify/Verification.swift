import Competition
import Store

/// Recomputes what is stored from what it was made of, and ends at the first difference.
struct Verification: Sendable {
  let store: Store
  let span: EvidenceView.Span
  let function: any ScoringFunction
  let aggregation: CrunchContract.Aggregation
  let truths: TruthCheck
  let progress = VerificationProgress()

  func report() async throws -> VerificationReport {
    let started = ContinuousClock.now
    var report = try await store.evidence.view { (view) async throws -> VerificationReport in
      try await self.report(view)
    }
    let elapsed = started.duration(to: .now)
    report.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return report
  }

  private func report(_ view: EvidenceView) async throws -> VerificationReport {
    var report = VerificationReport()
    var scores = ScorePass(
      view: view, span: span, check: ScoreCheck(function: function), truths: truths, progress: progress,
      report: report)
    do {
      report.skip("scores of other tools", try await view.foreignScores())
      defer { report = scores.report }
      try await scores.run()
    } catch let difference as Difference {
      report.difference = difference
      return report
    }
    do {
      try await ChainPass(view: view, span: span, progress: progress).run(&report)
      try await CheckpointPass(view: view, span: span, aggregation: aggregation).run(&report)
      try await LeaderboardPass(view: view, span: span, aggregation: aggregation).run(&report)
    } catch let difference as Difference {
      report.difference = difference
    }
    return report
  }
}
