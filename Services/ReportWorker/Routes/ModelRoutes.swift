import Competition
import Store

// The models and their rolling scores: /reports/models, /reports/models/global, /reports/models/params.

extension ReportAPI {
  /// What rolling scores are asked of; the range is beside it.
  private struct ScoresQuestion: Hashable, Sendable {
    var models: ReportModels
    var includesEnsembles: Bool
    var byScope: Bool
  }

  private struct RollingScores: Sendable {
    var rows: [ScoreWindows]
    /// The figures of each model's newest snapshot.
    var figures: [String: [(key: String, value: StoredJSON)]]

    /// Beyond so many scores an answer is not made anew for everybody who asks.
    var isDear: Bool { rows.reduce(0) { $0 + $1.count } > 50_000 }
  }

  var modelRoutes: [Route] {
    let answers = DearAnswers<ScoresQuestion, RollingScores>(most: 64)
    return [
      .get(
        "/reports/models", "All models with who runs them.", .page,
        answers: .json(.rows("Model"), "Models, by id.")
      ) { request, page in
        let models = try await store.models(limit: page.limit + 1, offset: page.offset)
        return Page(page, of: request).answer(ofFetched: models) { $1.write(into: &$0) }
      },
      .get(
        "/reports/models/global", "Rolling scores of each model.", .models, .range, .includesEnsembles, .page,
        answers: .json(.rows("ModelScores"), "A row for each model with a valid score in the range."),
        details:
          "Windows end now, whatever the range is; one without scores is 0. The numbers of the model's newest snapshot "
          + "in the range are metrics too."
      ) { request, models, range, includesEnsembles, page in
        guard models != .only([]) else { return .emptyList }
        let question = ScoresQuestion(models: models, includesEnsembles: includesEnsembles, byScope: false)
        return rows(of: try await scores(question, range, request.time, answers), request, page)
      },
      .get(
        "/reports/models/params", "Rolling scores of each model and scope key.", .models, .range, .includesEnsembles,
        .page, answers: .json(.rows("ParameterScores"), "A row for each model and scope key with a valid score.")
      ) { request, models, range, includesEnsembles, page in
        guard models != .only([]) else { return .emptyList }
        let question = ScoresQuestion(models: models, includesEnsembles: includesEnsembles, byScope: true)
        return rows(of: try await scores(question, range, request.time, answers), request, page)
      },
    ]
  }

  /// The means of the contract's windows, which end now whatever the range is.
  private func scores(
    _ question: ScoresQuestion, _ range: ReportRange, _ now: Timestamp,
    _ answers: DearAnswers<ScoresQuestion, RollingScores>
  ) async throws -> RollingScores {
    try await answers.value(of: question, over: range, isDear: \.isDear) {
      let cutOffs = contract.aggregation.windows.map { now.adding(seconds: -$0.hours * 3_600) }
      let rows = try await hours.windows(
        range, question.models, cutOffs: cutOffs, byScope: question.byScope,
        includesEnsembles: question.includesEnsembles, now: now)
      let figures = question.byScope ? [:] : try await newestFigures(of: rows.map(\.modelID), range)
      return RollingScores(rows: rows, figures: figures)
    }
  }

  private func rows(of scores: RollingScores, _ request: APIRequest, _ page: PageRequest) -> Answer {
    Page(page, of: request).answer(of: scores.rows) { text, row in
      write(row, measured: scores.figures[row.modelID] ?? [], into: &text)
    }
  }

  private func newestFigures(
    of models: [String], _ range: ReportRange
  ) async throws -> [String: [(key: String, value: StoredJSON)]] {
    let snapshots = try await store.newestSnapshots(of: .only(models), overlapping: range, limit: models.count)
    return Dictionary(snapshots.map { ($0.modelID, $0.resultSummary?.figures() ?? []) }) { first, _ in first }
  }

  /// - Parameter measured: the figures of the model's newest snapshot; those that are no window's are metrics too.
  private func write(
    _ row: ScoreWindows, measured: [(key: String, value: StoredJSON)], into text: inout JSONText
  ) {
    let windows = zip(contract.aggregation.windows.map(\.name), row.means).map { (name: $0, value: $1) }
    let names = Set(windows.map(\.name))
    let others = measured.filter { !names.contains($0.key) }
    text.object { text in
      text.member("model_id", .string(row.modelID))
      var taken: Set<String> = ["model_id", "score_metrics", "score_ranking", "performed_at"]
      if let scopeKey = row.scopeKey {
        text.member("scope_key", .string(scopeKey))
        text.scope(row.scope, key: scopeKey)
        taken.formUnion(["scope_key", "scope", "param", "subject", "horizon"])
      }
      text.key("score_metrics")
      text.object { metrics in
        for (name, value) in windows { metrics.member(name, JSON(finite: value)) }
        for (name, value) in others { metrics.member(name, stored: value) }
      }
      text.key("score_ranking")
      text.object { writeRanking(windows, others, into: &$0) }
      text.flattened(
        windows.map { ($0.name, $0.value) } + others.map { ($0.key, $0.value.number) }, taken: taken)
      text.member("performed_at", row.newest.json(.naive))
    }
  }

  private func writeRanking(
    _ windows: [(name: String, value: Double)], _ others: [(key: String, value: StoredJSON)],
    into text: inout JSONText
  ) {
    let key = contract.aggregation.rankingKey
    text.member("key", .string(key))
    if let window = windows.first(where: { $0.name == key }) {
      text.member("value", JSON(finite: window.value))
    } else {
      text.member("value", stored: others.first { $0.key == key }?.value)
    }
    text.member("direction", .string(contract.aggregation.direction.rawValue))
  }
}

extension Model {
  func write(into text: inout JSONText) {
    text.object { row in
      row.member("model_id", .string(id))
      row.member("model_name", .string(name))
      row.member("cruncher_name", .string(playerName))
      row.member("cruncher_id", .string(playerID))
      row.member("deployment_id", .string(deploymentIdentifier))
    }
  }
}
