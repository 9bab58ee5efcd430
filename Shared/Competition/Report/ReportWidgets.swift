extension ReportSchema {
  /// The charts of a dashboard. Of those that a competition has no figures for the place in the numbering stays free, but
  /// for that of the overview of metrics, as in the original.
  public static func widgets(_ contract: CrunchContract) -> JSON {
    let windows = contract.aggregation.windows.map { series($0.name, $0.name.asTitle) }
    let metrics = contract.metrics.map { series($0, MetricLabel($0).label) }
    let first = contract.metrics.isEmpty ? 2 : 3
    var widgets = [
      widget(id: 1, "Score Metrics", order: 10, endpoint: "/reports/models/metrics", line(series: windows))
    ]
    if !metrics.isEmpty {
      widgets.append(
        widget(
          id: 2, "Multi-Metric Overview", order: 15, endpoint: "/reports/snapshots",
          chart("bar", x: "model_id", series: metrics, format: "decimal-4"),
          tooltip: "Portfolio-level metrics computed per model over scoring windows"))
    }
    widgets += [
      widget(
        id: first, "Predictions", order: 30, endpoint: "/reports/predictions",
        line(
          series: [["name": "score_value"]],
          more: [
            "alertConfig": ["reasonField": "score_failed_reason", "field": "score_success"],
            "filterConfig": scopeFilters, "groupByProperty": "param",
          ])),
      widget(
        id: first + 1, "Rolling score by parameters", order: 20, endpoint: "/reports/models/params",
        line(series: windows, more: ["filterConfig": scopeFilters, "groupByProperty": "param"])),
    ]
    return .array(widgets + collective(contract, metrics, first: first + 2))
  }

  /// The charts of what models are together: how they differ, what their ensembles say, what they earned.
  private static func collective(_ contract: CrunchContract, _ metrics: [JSON], first: Int) -> [JSON] {
    var widgets: [JSON] = []
    let diversity = contract.metrics.filter(diversityMetrics.contains).map { series($0, MetricLabel($0).label) }
    if !diversity.isEmpty {
      widgets.append(
        widget(
          id: first, "Model Diversity", order: 25, endpoint: "/reports/diversity",
          chart(
            "bar", x: "model_id", series: diversity + [series("diversity_score", "Diversity Score")],
            format: "decimal-4"), tooltip: "How unique each model is relative to the ensemble"))
    }
    if !contract.ensembles.isEmpty {
      let filters: JSON = [
        ["type": "select", "label": "Ensemble", "property": "ensemble_name", "autoSelectFirst": true]
      ]
      widgets.append(
        widget(
          id: first + 1, "Ensemble Performance", order: 16, endpoint: "/reports/ensemble/history",
          chart(
            "line", x: "period_end", series: Array(metrics.prefix(5)), format: "decimal-4",
            more: ["filterConfig": filters]),
          tooltip: "Ensemble metrics over time — is the collective getting smarter?"))
    }
    widgets.append(
      widget(
        id: first + 2, "Reward History", order: 40, endpoint: "/reports/checkpoints/rewards",
        chart(
          "bar", x: "period_end", series: [series("reward_pct", "Reward %")], format: "decimal-2",
          more: ["groupByProperty": "model_name"]), tooltip: "Reward distribution per checkpoint period"))
    return widgets
  }

  private static let diversityMetrics: Set<String> = [
    "model_correlation", "ensemble_correlation", "contribution", "fnc",
  ]

  private static func series(_ name: String, _ label: String) -> JSON {
    ["name": .string(name), "label": .string(label)]
  }

  private static func widget(
    id: Int, _ name: String, order: Int, endpoint: String, _ configuration: JSON, tooltip: String? = nil
  ) -> JSON {
    [
      "id": JSON(id), "type": "CHART", "displayName": .string(name), "tooltip": JSON(tooltip), "order": JSON(order),
      "endpointUrl": .string(endpoint), "nativeConfiguration": configuration,
    ]
  }

  /// A line chart over the time of predictions.
  private static func line(series: [JSON], more: JSONObject = [:]) -> JSON {
    chart("line", x: "performed_at", series: series, format: "decimal-2", more: more)
  }

  private static func chart(
    _ type: String, x: String, series: [JSON], format: String, more: JSONObject = [:]
  ) -> JSON {
    let chart: JSONObject = [
      "type": .string(type), "xAxis": ["name": .string(x)],
      "yAxis": ["series": .array(series), "format": .string(format)],
    ]
    return .object(chart.merging(more).merging(["displayEvolution": false]))
  }

  private static let scopeFilters: JSON = [
    ["type": "select", "label": "Subject", "property": "subject", "autoSelectFirst": true],
    ["type": "select", "label": "Horizon", "property": "horizon", "autoSelectFirst": true],
  ]
}
