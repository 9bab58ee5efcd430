import Competition
import Diagnosis
import Store

// Predictions, and what became of one: /predictions, /explain.

extension Dashboard {
  private static let rows = 100

  var predictionPages: [Route] {
    [
      page("/predictions", guardedAs: "/reports/predictions", "Predictions, newest first.", predictionPage),
      page("/explain", guardedAs: "/reports/predictions", "What became of anything with an id.", explainPage),
    ]
  }

  private func predictionPage(_ request: APIRequest) async throws -> Content {
    let filter = PredictionFilter(
      model: request.text("model"), scopeKey: request.text("scope"),
      status: request.text("status").flatMap(PredictionStatus.init(rawValue:)))
    let found = try await store.newestPredictions(
      filter, before: request.text("before").flatMap { ReportCursor($0) }, limit: Self.rows + 1)
    let shown = found.prefix(Self.rows)
    let next = found.count > Self.rows ? shown.last : nil
    let statuses =
      [StatusOption(value: "", name: "any", isChosen: filter.status == nil)]
      + PredictionStatus.allCases.map {
        StatusOption(value: $0.rawValue, name: $0.rawValue, isChosen: $0 == filter.status)
      }
    let view = PredictionsView(
      model: filter.model ?? "", scope: filter.scopeKey ?? "", statuses: statuses,
      isFiltered: filter != PredictionFilter(),
      hasPredictions: !shown.isEmpty,
      predictions: PredictionLine.lines(
        Array(shown), now: request.time, showsOpenAnswers: request.visitor.mayChange),
      next: next.map { request.link(["before": ReportCursor(time: $0.performedAt, id: $0.id).text]) })
    return Content(title: "Predictions", section: .predictions, template: .predictions, view: view)
  }

  private func explainPage(_ request: APIRequest) async throws -> Content {
    guard let id = request.text("id") else {
      return Content(title: "Explain", section: .predictions, template: .explain, view: ExplainView())
    }
    let stories = await inquire(id)
    let view = ExplainView(
      id: id, problems: stories.problems,
      stories: stories.told.map { story in
        StoryView(story, now: request.time, showsOpenAnswers: request.visitor.mayChange)
      },
      isUnknown: stories.told.isEmpty && stories.problems.isEmpty)
    return Content(title: "Explain \(id)", section: .predictions, template: .explain, view: view)
  }
}

private struct StatusOption {
  var value: String
  var name: String
  var isChosen: Bool
}

private struct PredictionsView {
  var model: String
  var scope: String
  var statuses: [StatusOption]
  var isFiltered: Bool
  var hasPredictions: Bool
  var predictions: [PredictionLine]
  var next: String?
  let showsModel = true
}

/// A prediction in a table.
struct PredictionLine {
  var id: String
  var asked: ShownTime
  var model: String
  var modelPath: String
  var scope: String
  var status: String
  var tone: String
  var reason: String?
  var answer: String
  var score: String
  var isNegative: Bool
  var took: String
  var story: String

  /// The longest part of an answer that is shown.
  private static let longest = 120

  /// - Parameter showsOpenAnswers: whether answers whose outcome is open are shown: others could copy them.
  static func lines(
    _ predictions: [ListedPrediction], now: Timestamp, showsOpenAnswers: Bool
  ) -> [PredictionLine] {
    let scores = predictions.map { $0.scoreValue?.number }
    let decimals = Shown.decimals(scores)
    return zip(predictions, scores).map { prediction, score in
      let isHidden = !showsOpenAnswers && prediction.status == PredictionStatus.pending.rawValue
      let output = isHidden ? "" : String(decoding: prediction.output?.bytes ?? [], as: UTF8.self)
      return PredictionLine(
        id: prediction.id, asked: ShownTime(prediction.performedAt, now: now),
        model: prediction.modelName.isEmpty ? prediction.modelID : prediction.modelName,
        modelPath: "/models/\(prediction.modelID.percentEncoded)", scope: prediction.scopeKey,
        status: prediction.status, tone: tone(prediction.status), reason: prediction.reason,
        answer: output.count > longest ? output.prefix(longest) + "…" : output == "{}" ? "" : output,
        score: Shown.figure(score, decimals: decimals), isNegative: (score ?? 0) < 0,
        took: prediction.executionMilliseconds > 0
          ? Shown.span(prediction.executionMilliseconds / 1_000) : Shown.nothing,
        story: "/explain?id=\(prediction.id.percentEncoded)")
    }
  }

  static func tone(_ status: String) -> String {
    switch PredictionStatus(rawValue: status) {
    case .scored: "good"
    case .failed: "bad"
    case .pending: "wait"
    default: ""
    }
  }
}

private struct ExplainView {
  var id: String?
  var problems: [String] = []
  var stories: [StoryView] = []
  var isUnknown = false
}

private struct StoryView {
  struct Event {
    var at: ShownTime
    var what: String
  }

  var kind: String
  var state: String
  var tone: String
  var why: String
  var next: String
  var hasLife: Bool
  var life: [Event]
  var hasFacts: Bool
  var facts: [Story.Fact]

  /// - Parameter showsOpenAnswers: whether the answer of a prediction whose outcome is open is among the facts.
  init(_ story: Story, now: Timestamp, showsOpenAnswers: Bool) {
    kind = story.kind.prefix(1).uppercased() + story.kind.dropFirst()
    state = story.state
    tone = PredictionLine.tone(story.state)
    why = story.why
    next = story.next
    life = story.orderedLife.map { Event(at: ShownTime($0.at, now: now), what: $0.what) }
    hasLife = !life.isEmpty
    let isHidden = !showsOpenAnswers && story.state == PredictionStatus.pending.rawValue
    facts = story.facts.filter { !isHidden || $0.name != "answer" }
    hasFacts = !facts.isEmpty
  }
}
