/// What a dashboard shows of a competition: the columns of its leaderboard and its charts, as the original derives them
/// from the contract.
public enum ReportSchema {
  /// Model, then a column for each window in the contract's order, then one for each metric, then one for each number among
  /// the fields of a score that has none yet.
  public static func columns(_ contract: CrunchContract) -> JSON {
    var columns: [JSON] = [
      column(
        id: 1, type: "MODEL", property: "model_id", name: "Model",
        configuration: ["type": "model", "statusProperty": "status"], order: 0)
    ]
    for (index, window) in contract.aggregation.windows.enumerated() {
      columns.append(
        column(
          id: columns.count + 1, property: window.name, format: "decimal-2", name: window.name.asTitle,
          tooltip: "Rolling score over \(window.hours)h", order: 10 * (index + 1)))
    }
    for (index, name) in contract.metrics.enumerated() {
      let metric = MetricLabel(name)
      columns.append(
        column(
          id: columns.count + 1, property: name, format: metric.format, name: metric.label, tooltip: metric.tooltip,
          order: 100 + 10 * index))
    }
    let covered = Set(
      contract.aggregation.windows.map(\.name) + contract.metrics + ["value", "success", "failed_reason"])
    for (index, field) in contract.shapes.score.fields.enumerated()
    where (field.type == .float || field.type == .int) && !covered.contains(field.name) {
      columns.append(
        column(
          id: columns.count + 1, property: field.name, format: "decimal-4", name: field.name.asTitle,
          order: 200 + 10 * index))
    }
    return .array(columns)
  }

  private static func column(
    id: Int, type: String = "VALUE", property: String, format: String? = nil, name: String, tooltip: String? = nil,
    configuration: JSON = .null, order: Int
  ) -> JSON {
    [
      "id": JSON(id), "type": .string(type), "property": .string(property), "format": JSON(format),
      "displayName": .string(name), "tooltip": JSON(tooltip), "nativeConfiguration": configuration,
      "order": JSON(order),
    ]
  }
}

extension String {
  /// `score_recent` as `Score Recent`.
  var asTitle: String {
    var title = ""
    var startsWord = true
    for character in self {
      title += startsWord ? character.uppercased() : character.lowercased()
      startsWord = !character.isLetter
    }
    return title.replacing("_", with: " ")
  }
}
