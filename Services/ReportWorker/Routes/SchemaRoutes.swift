import Competition

// What the columns and charts of a dashboard are: /reports/schema and its parts, computed once.

extension ReportAPI {
  var schemaRoutes: [Route] {
    let columns = ReportSchema.columns(contract)
    let widgets = ReportSchema.widgets(contract)
    return [
      .get("/reports/schema") { _ in
        Answer(["schema_version": "1", "leaderboard_columns": columns, "metrics_widgets": widgets])
      },
      .get("/reports/schema/leaderboard-columns") { _ in Answer(columns) },
      .get("/reports/schema/metrics-widgets") { _ in Answer(widgets) },
    ]
  }
}
