import Competition

// What the columns and charts of a dashboard are: /reports/schema and its parts, computed once.

extension ReportAPI {
  var schemaRoutes: [Route] {
    let columns = ReportSchema.columns(contract)
    let widgets = ReportSchema.widgets(contract)
    return [
      .get(
        "/reports/schema", "What a dashboard shows: the leaderboard's columns and the charts.",
        answers: .json(.named("Schema"), "Columns and charts."), freshness: .fixed(seconds: 60)
      ) { _ in Answer(["schema_version": "1", "leaderboard_columns": columns, "metrics_widgets": widgets]) },
      .get(
        "/reports/schema/leaderboard-columns", "The leaderboard's columns.",
        answers: .json(.rows("Column"), "Columns in the order of their ids."), freshness: .fixed(seconds: 60)
      ) { _ in Answer(columns) },
      .get(
        "/reports/schema/metrics-widgets", "The charts.", answers: .json(.rows("Widget"), "Charts."),
        freshness: .fixed(seconds: 60)
      ) { _ in Answer(widgets) },
    ]
  }
}
