import Competition
import Store

// One model: /models/{id}.

extension Dashboard {
  private static let cells = 240
  private static let predictions = 25
  /// Predictions that failures are counted among.
  private static let looked = 2_000

  var modelPages: [Route] {
    [page("/models/{id}", guardedAs: "/reports/models", "One model.", modelPage)]
  }

  private func modelPage(_ request: APIRequest) async throws -> Content {
    guard let id = request.part("id"), let model = try await store.model(id: id) else {
      throw APIError.notFound("There is no such model")
    }
    let aggregation = api.contract.aggregation
    let span = ChartSpan(request, aggregation)
    let course = try await store.course(of: id, span.range(until: request.time), cells: Self.cells)
    let newest = try await store.newestSnapshots(of: .only([id]), limit: 1).first
    let failures = try await store.failures(of: id, among: Self.looked)
    let predictions = try await store.newestPredictions(PredictionFilter(model: id), limit: Self.predictions)
    let chart = LineChart(
      times: course.map(\.periodEnd),
      lines: [
        LineChart.Line(
          name: model.name,
          values: course.map { $0.resultSummary?.members.last { $0.key == aggregation.valueField }?.value.number })
      ], unit: "Mean \(aggregation.valueField) of each snapshot"
    ).drawn
    let rank = try await store.rank(of: id)
    let view = ModelView(
      id: id, name: model.name.isEmpty ? id : model.name, cruncher: model.playerName,
      deployment: model.deploymentIdentifier.isEmpty ? nil : model.deploymentIdentifier,
      rank: rank.map { Shown.count(Int($0)) } ?? Shown.nothing,
      figures: (newest?.resultSummary?.figures(withBooleans: false) ?? []).prefix(8).map {
        NamedFigure(name: Shown.name($0.key), text: Shown.figure($0.value.number))
      },
      spans: span.choices, chart: chart,
      diversity: newest.flatMap { DiversityView(Diversity(summary: $0.snapshot.resultSummary)) },
      looked: Shown.count(Self.looked), hasFailures: !failures.isEmpty,
      failures: failures.map {
        FailureLine(
          reason: $0.reason, count: Shown.count($0.count), last: ShownTime($0.newest, now: request.time))
      },
      allPredictions: "/predictions?model=\(id.percentEncoded)",
      hasPredictions: !predictions.isEmpty,
      predictions: PredictionLine.lines(
        predictions, now: request.time, showsOpenAnswers: request.visitor.mayChange))
    return Content(title: model.name, section: nil, template: .model, view: view, hasChart: chart != nil)
  }
}

/// A figure with its name.
struct NamedFigure {
  var name: String
  /// Where the script finds it.
  var key: String?
  var text: String

  init(name: String, key: String? = nil, text: String) {
    self.name = name
    self.key = key
    self.text = text
  }
}

private struct ModelView {
  var id: String
  var name: String
  var cruncher: String
  var deployment: String?
  var rank: String
  var figures: [NamedFigure]
  var spans: [Choice]
  var chart: LineChart.Drawn?
  var diversity: DiversityView?
  var looked: String
  var hasFailures: Bool
  var failures: [FailureLine]
  var allPredictions: String
  var hasPredictions: Bool
  var predictions: [PredictionLine]
  let showsModel = false
  let isFiltered = false
}

private struct FailureLine {
  var reason: String
  var count: String
  var last: ShownTime
}

private struct DiversityView {
  var figures: [NamedFigure]
  var guidance: [String]

  /// nil where the node measures none of it.
  init?(_ diversity: Diversity) {
    let known: [(String, Double?)] = [
      ("Diversity", diversity.score), ("Correlation with other models", diversity.modelCorrelation),
      ("Correlation with the ensemble", diversity.ensembleCorrelation), ("Contribution", diversity.contribution),
      ("Feature-neutral correlation", diversity.featureNeutralCorrelation),
    ]
    figures = known.compactMap { name, value in value.map { NamedFigure(name: name, text: Shown.figure($0)) } }
    guidance = diversity.guidance.map(\.text)
    if figures.isEmpty { return nil }
  }
}
