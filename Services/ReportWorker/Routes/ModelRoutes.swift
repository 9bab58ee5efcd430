import Competition
import Store

// The models and their rolling scores: /reports/models, /reports/models/global, /reports/models/params.

extension ReportAPI {
  var modelRoutes: [Route] {
    [
      .get("/reports/models", models),
      .get("/reports/models/global") { try await rollingScores($0, byScope: false) },
      .get("/reports/models/params") { try await rollingScores($0, byScope: true) },
    ]
  }

  private func models(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let page = Page(request, &query)
    try query.finish()
    let models = try await store.models(limit: Page.rows + 1, offset: page.offset)
    return page.answer(ofFetched: models) { text, model in
      text.object { row in
        row.member("model_id", .string(model.id))
        row.member("model_name", .string(model.name))
        row.member("cruncher_name", .string(model.playerName))
        row.member("cruncher_id", .string(model.playerID))
        row.member("deployment_id", .string(model.deploymentIdentifier))
      }
    }
  }

  /// The means of the contract's windows, which end now whatever the range is.
  private func rollingScores(_ request: APIRequest, byScope: Bool) async throws -> Answer {
    let now = now()
    var query = QueryReader(request.query)
    let range = query.range(now: now)
    let includesEnsembles = query.boolean("include_ensembles", default: false)
    let page = Page(request, &query)
    try query.finish()
    let models = query.projectIDs()
    guard models != .only([]) else { return .emptyList }
    let windows = contract.aggregation.windows
    let rows = try await store.windows(
      range, models, cutOffs: windows.map { now.adding(seconds: -$0.hours * 3_600) }, byScope: byScope,
      includesEnsembles: includesEnsembles)
    let summaries = byScope ? [:] : try await store.newestSummaries(of: rows.map(\.modelID), range)
    return page.answer(of: rows) { text, row in
      write(row, metrics: metrics(row, windows, summaries[row.modelID] ?? [:]), into: &text)
    }
  }

  /// The windows, then the numbers of the newest snapshot that are no window's.
  private func metrics(
    _ row: ScoreWindows, _ windows: [CrunchContract.Aggregation.Window], _ summary: JSONObject
  ) -> JSONObject {
    var metrics = JSONObject(zip(windows, row.means).map { ($0.name, JSON(finite: $1)) })
    for member in summary where member.value.number != nil || member.value.bool != nil {
      if metrics[member.key] == nil { metrics[member.key] = member.value }
    }
    return metrics
  }

  private func write(_ windows: ScoreWindows, metrics: JSONObject, into text: inout JSONText) {
    text.object { row in
      row.member("model_id", .string(windows.modelID))
      var taken: Set<String> = ["model_id", "score_metrics", "score_ranking", "performed_at"]
      if let scopeKey = windows.scopeKey {
        row.member("scope_key", .string(scopeKey))
        row.scope(windows.scope, key: scopeKey)
        taken.formUnion(["scope_key", "scope", "param", "subject", "horizon"])
      }
      row.member("score_metrics", .object(metrics))
      row.member("score_ranking", ranking(metrics))
      row.flattened(metrics, taken: taken)
      row.member("performed_at", windows.newest.json(.naive))
    }
  }

  private func ranking(_ metrics: JSONObject) -> JSON {
    [
      "key": .string(contract.aggregation.rankingKey), "value": metrics[contract.aggregation.rankingKey] ?? .null,
      "direction": .string(contract.aggregation.direction.rawValue),
    ]
  }
}
