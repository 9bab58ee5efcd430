import Competition
import Store

// Scores per model and bucket of time: /reports/snapshots.

extension ReportAPI {
  var snapshotRoutes: [Route] { [.get("/reports/snapshots", snapshots)] }

  private func snapshots(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let model = query.text("model_id")
    let since = query.timestamp("since")
    let until = query.timestamp("until")
    let limit = query.integer("limit", default: 100, in: 1...1_000)
    try query.finish()
    guard model?.hasNUL != true else { return .emptyList }
    let snapshots = try await store.snapshots(model: model, since: since, until: until, limit: limit)
    return .list(snapshots) { text, snapshot in
      text.object { row in
        row.member("id", .string(snapshot.id))
        row.member("model_id", .string(snapshot.modelID))
        row.member("period_start", snapshot.periodStart.json(.naive))
        row.member("period_end", snapshot.periodEnd.json(.naive))
        row.member("prediction_count", .int(snapshot.predictionCount))
        row.member("result_summary", stored: snapshot.resultSummary)
        row.member("created_at", snapshot.createdAt.json(.naive))
      }
    }
  }
}
