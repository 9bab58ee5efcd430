/// Ranks models by their windows: the means of their snapshots' value field over the last hours.
public struct LeaderboardBuilder: Sendable {
  private let aggregation: CrunchContract.Aggregation

  public init(_ aggregation: CrunchContract.Aggregation) { self.aggregation = aggregation }

  /// Entries `{model_id, score: {metrics, ranking}, rank, model_name, cruncher_name}`, ranked from 1 without gaps. Between
  /// equal values the contract's tie rule decides. Ensembles follow after all others, without a rank.
  public func entries(_ standings: [ModelStanding], now: Timestamp) -> [JSONObject] {
    let rows = standings.map { standing in
      let metrics = metrics(of: standing, now: now)
      return Row(standing: standing, metrics: metrics, value: metrics[aggregation.rankingKey]?.number ?? 0)
    }
    let ordered = rows.sorted(by: precedes)
    let ranked = ordered.filter { !$0.isVirtual }.enumerated().map { index, row in entry(row, rank: index + 1) }
    return ranked + ordered.filter(\.isVirtual).map { entry($0, rank: nil) }
  }

  private struct Row {
    var standing: ModelStanding
    var metrics: JSONObject
    var value: Double
    var isVirtual: Bool { EnsembleName.isVirtual(standing.model.id) }
  }

  private func precedes(_ left: Row, _ right: Row) -> Bool {
    if left.value != right.value {
      return aggregation.direction == .descending ? left.value > right.value : left.value < right.value
    }
    return aggregation.ties.precedes(
      left.standing.model, count: left.standing.predictionCount, right.standing.model,
      count: right.standing.predictionCount)
  }

  /// The windows, then whatever else of the newest summary reads as a number.
  private func metrics(of standing: ModelStanding, now: Timestamp) -> JSONObject {
    var metrics = JSONObject()
    for window in aggregation.windows {
      let start = now.adding(seconds: -window.hours * 3_600)
      let first = standing.points.firstIndex { $0.periodEnd >= start } ?? standing.points.endIndex
      let inside = standing.points[first...]
      var sum = CompensatedSum()
      for point in inside { sum.add(point.value ?? 0) }
      metrics[window.name] = .double(inside.isEmpty ? 0 : sum.value / Double(inside.count))
    }
    for member in standing.newestSummary where metrics[member.key] == nil {
      if let number = member.value.floatValue, number.isFinite { metrics[member.key] = .double(number) }
    }
    return metrics
  }

  private func entry(_ row: Row, rank: Int?) -> JSONObject {
    var entry: JSONObject = [
      "model_id": .string(row.standing.model.id),
      "score": .object([
        "metrics": .object(row.metrics),
        "ranking": .object([
          "key": .string(aggregation.rankingKey), "value": .double(row.value),
          "direction": .string(aggregation.direction.rawValue),
        ]),
      ]),
    ]
    entry["rank"] = rank.map { JSON($0) }
    entry["model_name"] = .string(row.standing.model.name)
    entry["cruncher_name"] = .string(row.standing.model.playerName)
    return entry
  }
}
