import Bus
import Competition
import Diagnosis
import Store

/// The pipeline from feed to checkpoint: workers and the streams between them, each with its figures, and with what is wrong
/// with it. Pure.
struct PipelinePicture {
  struct Stage {
    var id: String
    var name: String
    var isStream: Bool
    var isBad: Bool
    var figures: [NamedFigure]
    /// What is wrong, why, and what to do.
    var why: [Finding]

    init(id: String, name: String, isStream: Bool, figures: [NamedFigure], why: [Finding]) {
      (self.id, self.name, self.isStream, self.figures, self.why) = (id, name, isStream, figures, why)
      isBad = !why.isEmpty
    }
  }

  let stages: [Stage]
  /// What is wrong and belongs to no part.
  let others: [Finding]

  init(figures: PipelineFigures, recent: OverviewStore.Recent?, seconds: Int, findings: [Finding]) {
    let status = figures.look.streams?.status
    func rate(_ count: Int?) -> String { Shown.rate(count.map { Double($0) / Double(seconds) }) }
    func time(_ milliseconds: Double?) -> String { Shown.span(milliseconds.map { $0 / 1_000 }) }
    /// Findings name the stream or the service that they are about.
    func why(_ name: String) -> [Finding] { findings.filter { $0.what.contains(name) } }
    func workers(_ service: String) -> NamedFigure {
      NamedFigure(
        name: "Running",
        text: Shown.count(figures.look.streams.map { $0.workers.count { $0.service == service } }))
    }
    func worker(
      _ id: String, _ name: String, _ service: String, _ own: [NamedFigure], _ also: String? = nil
    ) -> Stage {
      Stage(
        id: id, name: name, isStream: false, figures: [workers(service)] + own,
        why: why(service) + (also.map(why) ?? []))
    }
    func stream(_ stream: BusStream, _ more: [NamedFigure] = []) -> Stage {
      let name = stream.rawValue
      let group = status?.group(of: stream)
      let flow = figures.rates.flows[stream]
      func age(_ time: Timestamp?) -> String {
        Shown.span(time.flatMap { time in status.map { $0.now.seconds(since: time) } })
      }
      return Stage(
        id: name, name: name, isStream: true,
        figures: [
          NamedFigure(name: "Coming in", key: "\(name).in", text: Shown.rate(flow?.added)),
          NamedFigure(name: "Finished", key: "\(name).out", text: Shown.rate(flow?.finished)),
          NamedFigure(name: "Waiting", key: "\(name).lag", text: Shown.count(group?.lag)),
          NamedFigure(name: "The oldest for", key: "\(name).unread", text: age(group?.oldestUnread)),
          NamedFigure(name: "In work", key: "\(name).pending", text: Shown.count(group?.pending)),
          NamedFigure(name: "The oldest for", key: "\(name).work", text: age(group?.oldestPending)),
        ] + more, why: why(name))
    }
    let letters = NamedFigure(
      name: "Dead letters", key: "dead_letters", text: Shown.count(figures.look.deadLetters))
    let delayed = NamedFigure(name: "Not due yet", key: "delayed", text: Shown.count(status?.delayed))
    stages = [
      worker(
        "feed", "Feed", "feed-data-worker",
        [
          NamedFigure(name: "Records", text: rate(recent?.records)),
          NamedFigure(name: "Age then", text: time(recent?.recordAge)),
        ]),
      stream(.feedRecords),
      worker(
        "predict", "Predict", "predict-worker",
        [
          NamedFigure(name: "Predictions", text: rate(recent?.predictions)),
          NamedFigure(name: "A model takes", text: time(recent?.modelTime)),
        ]),
      stream(.predictionsPending, [delayed]),
      worker(
        "score", "Score", "score-worker",
        [
          NamedFigure(name: "Scores", text: rate(recent?.scores)),
          NamedFigure(name: "After due", text: time(recent?.scoreDelay)), letters,
        ], "dead letters"),
      stream(.scoresReady),
      worker("checkpoint", "Checkpoint", "checkpoint-worker", []),
      worker("report", "Report", "report-worker", []),
    ]
    let told = Set(stages.flatMap(\.why))
    others = findings.filter { !told.contains($0) }
  }
}
