/// What the figures of a bucket follow from beside its own answers: the answers and the snapshots of the buckets before it,
/// as far as the window reaches. The same stored rows give the same figures, whoever begins to look and when.
public struct MetricHistory: Sendable {
  private let metrics: [Metric]
  private let ensembles: [Ensemble]
  private var window: MetricWindow
  /// By the start of their bucket.
  private var snapshots: [Timestamp: [Snapshot]] = [:]

  /// - Parameters:
  ///   - metrics: built-in ones.
  ///   - keepsAnswers: whether functions of the competition look at whole answers.
  ///   - valueField: what the contract averages.
  public init(
    metrics: [Metric], ensembles: [Ensemble], windowSeconds: Int, keepsAnswers: Bool = false,
    valueField: String = "value"
  ) {
    self.metrics = metrics
    self.ensembles = ensembles
    window = MetricWindow(seconds: windowSeconds, keepsAnswers: keepsAnswers, valueField: valueField)
  }

  /// Up to how long before its end a bucket's figures look back, in seconds.
  public var seconds: Int { window.seconds }

  /// Sets the answers of a bucket in place of what was known of it.
  public mutating func replace(_ periodStart: Timestamp, with answers: [ScoredAnswer]) {
    window.replace(periodStart, with: answers)
  }

  /// Sets the snapshots of a bucket in place of what was known of it.
  public mutating func replace(_ periodStart: Timestamp, with fresh: [Snapshot]) { snapshots[periodStart] = fresh }

  /// Forgets what no bucket that ends at `time` or later looks at.
  public mutating func forget(endingAt time: Timestamp) {
    window.forget(endingAt: time)
    let start = time.adding(seconds: -window.seconds)
    snapshots = snapshots.filter { $0.value.contains { $0.periodEnd > start } }
  }

  /// The built-in metrics of each model over the window that ends with a bucket.
  public func figures(of bucket: Bucket) -> [String: JSONObject] {
    guard !metrics.isEmpty else { return [:] }
    return metrics.summaries(
      of: window.panel(endingAt: bucket.end, ensembles: ensembles.map { EnsembleName.modelID($0.name) }))
  }

  /// What the competition's own metrics of a bucket are computed from.
  public func answerPanel(of bucket: Bucket) -> AnswerPanel {
    let answers = window.answers(in: window.rows(endingAt: bucket.end))
    return AnswerPanel(
      start: bucket.end.adding(seconds: -window.seconds), end: bucket.end,
      answers: answers.mapValues { $0.filter { $0.result != nil } }, ensembles: ensembles.map(\.name))
  }

  /// What the ensembles say of everything that the models of a bucket answered: one prediction an ensemble and key. Members
  /// are the models that answered in the window; their weights follow from what they said before the bucket, and what a
  /// filter looks at from the newest snapshots before it (decision 15).
  /// - Parameters:
  ///   - answers: of the bucket. Those about something of an earlier bucket, which came late, have had their ensemble
  ///     predictions then.
  ///   - members: who takes part in an ensemble; nil: it says nothing this time.
  public func ensemblePredictions(
    of bucket: Bucket, _ answers: [ScoredAnswer],
    members: @Sendable (Ensemble, EnsembleMaterial) async -> [Ensemble.Member]?
  ) async -> [Prediction] {
    let real = answers.filter {
      !EnsembleName.isVirtual($0.prediction.modelID) && $0.prediction.resolvableAt >= bucket.start
    }
    guard !ensembles.isEmpty, !real.isEmpty else { return [] }
    let material = ensembleMaterial(of: bucket)
    let groups = Dictionary(grouping: real, by: \.key).sorted { left, right in
      (left.value[0].time, left.key) < (right.value[0].time, right.key)
    }
    var predictions: [Prediction] = []
    for ensemble in ensembles {
      guard let members = await members(ensemble, material) else { continue }
      predictions += groups.compactMap { ensemble.prediction(from: $0.value.map(\.prediction), members: members) }
    }
    return predictions
  }

  /// What the members of ensembles of a bucket follow from.
  public func ensembleMaterial(of bucket: Bucket) -> EnsembleMaterial {
    let rows = window.rows(endingAt: bucket.end)
    let models = Set(rows.flatMap { $0.cells.keys }).filter { !EnsembleName.isVirtual($0) }.sorted()
    var values: [String: [Double]] = [:]
    for row in rows where row.time < bucket.start {
      for (model, cell) in row.cells { if let value = cell.forecast { values[model, default: []].append(value) } }
    }
    return EnsembleMaterial(
      models: models, metrics: summaries(before: bucket.start), values: values,
      answers: window.answers(in: rows.lazy.filter { $0.time < bucket.start }))
  }

  /// The newest summary of each model from a snapshot that ended by then and within the window.
  private func summaries(before time: Timestamp) -> [String: JSONObject] {
    var newest: [String: Snapshot] = [:]
    let start = time.adding(seconds: -window.seconds)
    for snapshot in snapshots.values.joined() where snapshot.periodEnd > start && snapshot.periodEnd <= time {
      if let known = newest[snapshot.modelID], known.periodEnd > snapshot.periodEnd { continue }
      newest[snapshot.modelID] = snapshot
    }
    return newest.mapValues(\.resultSummary)
  }
}

extension CrunchContract {
  /// nil when the contract asks for neither metrics nor ensembles.
  /// - Throws: `UnknownMetric`
  public func metricHistory() throws -> MetricHistory? {
    let active = ensembles.filter(\.isEnabled)
    guard !metrics.isEmpty || !active.isEmpty else { return nil }
    return MetricHistory(
      metrics: try MetricRegistry().selection(metrics.filter { metricFunctions[$0] == nil }), ensembles: active,
      windowSeconds: metricsWindowSeconds, keepsAnswers: usesFigureFunctions,
      valueField: aggregation.valueField)
  }

  /// Whether metrics, strategies or filters of ensembles are functions of the competition.
  private var usesFigureFunctions: Bool {
    !metricFunctions.isEmpty || ensembles.contains { $0.isEnabled && $0.usesFunctions }
  }
}
