import Competition
import Store

// Predictions with their scores: /reports/predictions.

extension ReportAPI {
  var predictionRoutes: [Route] {
    let pictures = ChartPage.Pictures(most: 8)
    return [
      .get(
        "/reports/predictions", "Predictions with their scores.", .models, .range, .chart,
        answers: .json(.rows("Prediction"), "A row for each prediction, ascending by its time."),
        details: "`score_success` is what the web front end marks a point by: it is true where the score failed."
      ) { try await predictions($0, models: $1, range: $2, chart: $3, pictures) }
    ]
  }

  private func predictions(
    _ request: APIRequest, models: ReportModels, range: ReportRange, chart: ChartRequest, _ pictures: ChartPage.Pictures
  ) async throws -> Answer {
    guard models != .only([]) else { return .emptyList }
    return try await ChartPage(chart, of: request, range, pictures).answer(
      page: { cursor, limit in
        // Whether they are too many is known sooner than what they are.
        if cursor == nil, chart.detail == .automatic,
          try await store.hasMorePredictions(range, models, than: limit - 1)
        {
          return nil
        }
        return try await store.predictions(range, models, after: cursor, limit: limit)
      }, thinned: { try await store.thinnedPredictions(range, models, cells: $0, limit: $1) },
      cursor: { ReportCursor(time: $0.performedAt, id: $0.id) }
    ) { text, prediction in text.object { prediction.write(into: &$0) } }
  }
}

extension ReportPrediction {
  fileprivate func write(into row: inout JSONText) {
    // Here a score that does not say whether it succeeded has failed; in the means it counts.
    let hasFailed = !isScored || success != true
    let reason = failedReason ?? (isScored ? nil : "Prediction not scored")
    row.member("model_id", .string(modelID))
    row.member("prediction_config_id", JSON(configID))
    row.member("scope_key", .string(scopeKey))
    row.scope(scope, key: scopeKey)
    row.member("score_value", JSON(finite: scoreValue?.number))
    row.member("score_failed", .bool(hasFailed))
    row.member("score_failed_reason", JSON(reason))
    row.member("score_success", .bool(hasFailed))
    row.member("scored_at", scoredAt.json(.naive))
    row.member("performed_at", performedAt.json(.naive))
  }
}
