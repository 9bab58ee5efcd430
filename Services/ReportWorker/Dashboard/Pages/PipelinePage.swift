import Bus
import Competition
import Diagnosis
import Store

// The picture of the pipeline: /pipeline.

extension Dashboard {
  /// Seconds that rates of the tables are taken over.
  private static let span = 30

  var pipelinePages: [Route] {
    let recent = PacedValue(isDear: { (_: OverviewStore.Recent) in true }) { [store] in
      try await store.overview.recent(seconds: Self.span)
    }
    return [
      page("/pipeline", guardedAs: "/reports/live", "How the pipeline does.") { request in
        let figures = await api.live.figures()
        let findings = StreamCheck.findings(of: figures.look, leaseSeconds: api.configuration.leaseSeconds).filter(
          \.isWrong)
        let picture = PipelinePicture(
          figures: figures, recent: try await recent.current(), seconds: Self.span, findings: findings)
        let view = PipelineView(
          isWell: findings.isEmpty,
          verdict: findings.isEmpty
            ? "All is well." : "\(findings.count) \(findings.count == 1 ? "thing is" : "things are") wrong.",
          stages: picture.stages, hasFindings: !picture.others.isEmpty, findings: picture.others,
          hasWorkers: figures.look.streams?.workers.isEmpty == false,
          workers: (figures.look.streams?.workers ?? []).map {
            WorkerLine($0, rate: figures.rates.workers[$0.name], now: figures.look.streams?.status.now ?? request.time)
          })
        return Content(
          title: "Pipeline", section: .pipeline, template: .pipeline, view: view, isLive: true, refreshSeconds: 5)
      }
    ]
  }
}

private struct PipelineView {
  var isWell: Bool
  var verdict: String
  var stages: [PipelinePicture.Stage]
  var hasFindings: Bool
  var findings: [Finding]
  var hasWorkers: Bool
  var workers: [WorkerLine]
}

private struct WorkerLine {
  var name: String
  var service: String
  var state: String
  var leads: Bool
  var up: String
  var seen: String
  var handled: String
  var rate: String

  init(_ note: WorkerNote, rate: Double?, now: Timestamp) {
    (name, service, state, leads) = (note.name, note.service, note.state, note.leads)
    up = Shown.span(now.seconds(since: note.startedAt))
    seen = Shown.span(now.seconds(since: note.seenAt))
    handled = Shown.count(note.handled)
    self.rate = Shown.rate(rate)
  }
}
