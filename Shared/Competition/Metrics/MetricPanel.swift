/// One model's columns in a panel.
public struct MetricSeries: Sendable, Hashable {
  public var modelID: String
  var signals: MetricColumn
  var outcomes: MetricColumn
  var values: MetricColumn

  init(modelID: String, rows: Int) {
    self.modelID = modelID
    signals = MetricColumn(count: rows)
    outcomes = MetricColumn(count: rows)
    values = MetricColumn(count: rows)
  }
}

/// What metrics are computed from: one row per (input, scope key), one series per model, joined by key and never by
/// position, so that a missing answer shifts nothing (decision 15).
public struct MetricPanel: Sendable, Hashable {
  /// The models in the order of their ids, then the ensembles in the contract's order.
  public private(set) var series: [MetricSeries]
  /// How many of `series`, from the first, are models of participants.
  public private(set) var modelCount: Int

  /// - Parameters:
  ///   - rows: in order of time; each holds cells by model id.
  ///   - ensembles: ids of virtual models in the contract's order; others that rows name are left out.
  public init(rows: [[String: MetricCell]], ensembles: [String] = []) {
    var models: Set<String> = []
    for row in rows { models.formUnion(row.keys) }
    let real = models.filter { !EnsembleName.isVirtual($0) }.sorted()
    modelCount = real.count
    series = (real + ensembles).map { MetricSeries(modelID: $0, rows: rows.count) }
    for position in series.indices {
      let id = series[position].modelID
      for (row, cells) in rows.enumerated() {
        guard let cell = cells[id] else { continue }
        series[position].signals[row] = cell.signal
        series[position].outcomes[row] = cell.outcome
        series[position].values[row] = cell.value
      }
    }
  }

  var models: ArraySlice<MetricSeries> { series[..<modelCount] }
  var ensembles: ArraySlice<MetricSeries> { series[modelCount...] }
}
