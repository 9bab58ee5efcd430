import Competition
import Store

// The models and their rolling scores: /reports/models, /reports/models/global, /reports/models/params.

extension ReportAPI {
  var modelRoutes: [Route] {
    [
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
        try await rollingScores(request, models, range, includesEnsembles, page, byScope: false)
      },
      .get(
        "/reports/models/params", "Rolling scores of each model and scope key.", .models, .range, .includesEnsembles,
        .page, answers: .json(.rows("ParameterScores"), "A row for each model and scope key with a valid score.")
      ) { request, models, range, includesEnsembles, page in
        try await rollingScores(request, models, range, includesEnsembles, page, byScope: true)
      },
    ]
  }

  /// The means of the contract's windows, which end now whatever the range is.
  private func rollingScores(
    _ request: APIRequest, _ models: ReportModels, _ range: ReportRange, _ includesEnsembles: Bool,
    _ page: PageRequest, byScope: Bool
  ) async throws -> Answer {
    guard models != .only([]) else { return .emptyList }
    let windows = contract.aggregation.windows
    let rows = try await store.windows(
      range, models, cutOffs: windows.map { request.time.adding(seconds: -$0.hours * 3_600) }, byScope: byScope,
      includesEnsembles: includesEnsembles)
    let figures = byScope ? [:] : try await newestFigures(of: rows.map(\.modelID), range)
    return Page(page, of: request).answer(of: rows) { text, row in
      write(row, measured: figures[row.modelID] ?? [], into: &text)
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
