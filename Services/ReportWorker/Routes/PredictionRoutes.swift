import Competition
import Store

// Predictions with their scores: /reports/predictions.

extension ReportAPI {
  var predictionRoutes: [Route] { [.get("/reports/predictions", predictions)] }

  private func predictions(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let range = query.range(now: now())
    try query.finish()
    let models = query.projectIDs()
    guard models != .only([]) else { return .emptyList }
    return .list(try await store.predictions(range, models, limit: Page.rows)) { text, prediction in
      text.object { Self.write(prediction, into: &$0) }
    }
  }

  private static func write(_ prediction: ReportPrediction, into row: inout JSONText) {
    let hasFailed = !prediction.isScored || prediction.success == false
    let reason = prediction.failedReason ?? (prediction.isScored ? nil : "Prediction not scored")
    row.member("model_id", .string(prediction.modelID))
    row.member("prediction_config_id", JSON(prediction.configID))
    row.member("scope_key", .string(prediction.scopeKey))
    row.scope(prediction.scope, key: prediction.scopeKey)
    row.member("score_value", JSON(finite: number(prediction.scoreValue)))
    row.member("score_failed", .bool(hasFailed))
    row.member("score_failed_reason", JSON(reason))
    // The web front end marks a point where this is true, so it is true where the score failed.
    row.member("score_success", .bool(hasFailed))
    row.member("scored_at", prediction.scoredAt.json(.naive))
    row.member("performed_at", prediction.performedAt.json(.naive))
  }

  /// The value as a number; nil for what does not read as one, or lies beyond a double.
  private static func number(_ stored: [UInt8]?) -> Double? {
    guard let stored else { return nil }
    do {
      return try JSON(parsing: stored).floatValue
    } catch {
      return nil
    }
  }
}
