import Competition
import Store

// Scores per model and bucket of time: /reports/snapshots.

extension ReportAPI {
  var snapshotRoutes: [Route] {
    [
      .get(
        "/reports/snapshots", "Scores per model and period: the newest ones.",
        .text("model_id", "Only those of this model."), .time("since", "Only those that end then or later."),
        .time("until", "Only those that start then or earlier."), .limit(100, in: 1...1_000),
        answers: .json(.rows("Snapshot"), "Snapshots, ascending by their creation.")
      ) { _, model, since, until, limit in
        let snapshots = try await store.snapshots(model: model, since: since, until: until, limit: limit)
        return .list(snapshots) { $1.write(into: &$0) }
      }
    ]
  }
}

extension ReportSnapshot {
  fileprivate func write(into text: inout JSONText) {
    text.object { row in
      row.member("id", .string(id))
      row.member("model_id", .string(modelID))
      row.member("period_start", periodStart.json(.naive))
      row.member("period_end", periodEnd.json(.naive))
      row.member("prediction_count", .int(predictionCount))
      row.member("result_summary", object: resultSummary)
      row.member("created_at", createdAt.json(.naive))
    }
  }
}
