// Metrics of a model among others.
extension Metric {
  /// `model_correlation`: mean correlation by rank with every other model of a participant, over the rows that both
  /// answered; two such rows at least.
  static let modelCorrelation = Metric(name: "model_correlation") { panel in ModelCorrelation(panel).means }

  /// `ensemble_correlation`: correlation by rank with the first ensemble that has two signals.
  static let ensembleCorrelation = Metric("ensemble_correlation") { series, panel in
    guard let ensemble = panel.ensembles.first(where: { $0.signals.count >= 2 }) else { return nil }
    return OrdinalRankCorrelation.correlation(series.signals, ensemble.signals)
  }

  /// `contribution`: by how much the first ensemble correlates better with what came than the mean of the other models
  /// does, over the rows that the model and the ensemble answered; two at least. Positive: the model helps. A model that
  /// did not answer counts in that mean with 0.
  static let contribution = Metric("contribution") { series, panel in
    let others = panel.models.filter { $0.modelID != series.modelID }
    guard let ensemble = panel.ensembles.first, !others.isEmpty else { return nil }
    let rows = series.signals.presence & ensemble.signals.presence & series.outcomes.presence
    let outcomes = series.outcomes[in: rows]
    guard let whole = OrdinalRankCorrelation.correlation(ensemble.signals[in: rows], outcomes),
      let without = OrdinalRankCorrelation.correlation(mean(of: others)[in: rows], outcomes)
    else { return nil }
    return whole - without
  }

  /// `fnc`: correlation by rank of what came with the part of the signal that is not the mean of all models; two pairs at
  /// least. A model that did not answer counts in the mean with 0; a model alone has its `ic`.
  static let featureNeutralCorrelation = Metric(name: "fnc") { panel in
    let mean = mean(of: Array(panel.models))
    return panel.series.map { series in
      let rows = series.signals.presence & series.outcomes.presence
      var signals = series.signals[in: rows]
      if panel.modelCount > 1 { signals = zip(signals, mean[in: rows]).map { $0 - $1 } }
      return OrdinalRankCorrelation.correlation(signals, series.outcomes[in: rows])
    }
  }

  /// The mean signal of some models in each row. They are added in their order, so that rows of equal signals have equal
  /// means; taking one off a total would not give that, and ranks would see it.
  private static func mean(of models: [MetricSeries]) -> [Double] {
    guard var total = models.first?.signals.numbers else { return [] }
    for model in models.dropFirst() {
      let numbers = model.signals.numbers
      for row in total.indices { total[row] += numbers[row] }
    }
    return total.map { $0 / Double(models.count) }
  }
}
