extension ReportSchema {
  /// The charts of a dashboard, over the routes of the original's first version.
  public static func widgets(_ contract: CrunchContract) -> JSON {
    let windows = contract.aggregation.windows.map {
      JSON.object(["name": .string($0.name), "label": .string($0.name.asTitle)])
    }
    return [
      widget(id: 1, "Score Metrics", order: 10, endpoint: "/reports/models/global", line(series: windows)),
      widget(
        id: 2, "Predictions", order: 30, endpoint: "/reports/predictions",
        line(
          series: [["name": "score_value"]],
          more: [
            "alertConfig": ["reasonField": "score_failed_reason", "field": "score_success"],
            "filterConfig": scopeFilters, "groupByProperty": "param",
          ])),
      widget(
        id: 3, "Rolling score by parameters", order: 20, endpoint: "/reports/models/params",
        line(series: windows, more: ["filterConfig": scopeFilters, "groupByProperty": "param"])),
    ]
  }

  private static func widget(
    id: Int, _ name: String, order: Int, endpoint: String, _ configuration: JSON
  ) -> JSON {
    [
      "id": JSON(id), "type": "CHART", "displayName": .string(name), "tooltip": .null, "order": JSON(order),
      "endpointUrl": .string(endpoint), "nativeConfiguration": configuration,
    ]
  }

  /// A line chart over the time of predictions.
  private static func line(series: [JSON], more: JSONObject = [:]) -> JSON {
    let chart: JSONObject = [
      "type": "line", "xAxis": ["name": "performed_at"],
      "yAxis": ["series": .array(series), "format": "decimal-2"],
    ]
    return .object(chart.merging(more).merging(["displayEvolution": false]))
  }

  private static let scopeFilters: JSON = [
    ["type": "select", "label": "Subject", "property": "subject", "autoSelectFirst": true],
    ["type": "select", "label": "Horizon", "property": "horizon", "autoSelectFirst": true],
  ]
}
