import Callables
import Competition
import Store

// Metrics and ensembles, over the window that ends with the newest sealed bucket.
extension PointTrial {
  /// What is stored of the newest sealed bucket, and what it looks back on; nil before the first one.
  private func newestBucket(
    _ contract: CrunchContract
  ) async throws -> (history: MetricHistory, bucket: Bucket, snapshots: [Snapshot])? {
    guard let newest = try await store.audit.newestSealed(limit: 1).first?.snapshot else { return nil }
    let bucket = Bucket(start: newest.periodStart, end: newest.periodEnd)
    var history = MetricHistory(
      metrics: contract.metrics.filter { contract.metricFunctions[$0] == nil }.compactMap { name in
        Metric.builtIn.first { $0.name == name }
      }, ensembles: contract.ensembles.filter(\.isEnabled), windowSeconds: contract.metricsWindowSeconds,
      keepsAnswers: true, valueField: contract.aggregation.valueField)
    let start = bucket.end.adding(seconds: -history.seconds)
    let (answers, snapshots) = try await store.evidence.view { view in
      (
        try await view.answers(from: start, before: bucket.end),
        try await view.sealedSnapshots(EvidenceView.Span(start: start, end: bucket.end))
      )
    }
    for (period, own) in Dictionary(grouping: answers, by: \.periodStart) { history.replace(period, with: own) }
    for (period, own) in Dictionary(grouping: snapshots, by: \.periodStart) { history.replace(period, with: own) }
    return (history, bucket, snapshots.filter { $0.periodStart == bucket.start })
  }

  /// One row for each model and metric: the one that is named, else all of the contract.
  func metrics() async throws -> Report {
    var asked = contract
    if let function {
      let (name, reference) = try Self.metric(function)
      asked.metrics = [name]
      asked.metricFunctions = reference.map { [name: $0] } ?? [:]
    }
    guard !asked.metrics.isEmpty else {
      throw CallableFault("metrics", "names none in this contract", hint: "name the function that is to be tried")
    }
    let functions = try await FigureFunctions(of: asked, limits: limits, logger: Terminal.silence)
    let name = function ?? asked.metrics.joined(separator: ", ")
    guard let (history, bucket, snapshots) = try await newestBucket(asked) else { return report(name, [], since: .now) }
    let began = ContinuousClock.now
    let figures = ModelFigures(values: history.figures(of: bucket)).merging(
      await functions.figures { history.answerPanel(of: bucket) })
    let models = Set(figures.values.keys).union(figures.failures.keys).sorted()
    let rows = asked.metrics.flatMap { metric in
      models.map { model in
        Row(
          subject: "\(metric) of \(model)", now: figures.values[model]?[metric],
          stored: snapshots.first { $0.modelID == model }?.resultSummary[metric],
          failure: figures.failures[model]?[metric]?.string)
      }
    }
    return report(name, rows, since: began)
  }

  /// A name as an item of `metrics` has it.
  private static func metric(_ text: String) throws -> (name: String, reference: MetricReference?) {
    let reference = try MetricReference(text.contains(":") ? text : "builtin:" + text)
    switch reference {
    case .builtin(let own): return (own.rawValue, nil)
    case .python(_, let callable): return (callable.split(separator: ".").last.map(String.init) ?? callable, reference)
    case .library(_, let symbol): return (symbol, reference)
    }
  }

  /// The weight of each member, of an ensemble that is named by the strategy, else of all of the contract.
  func strategy() async throws -> Report {
    try await ensembles { reference in
      Ensemble(name: "tried", strategy: try StrategyReference(reference))
    }
  }

  /// Who is a member, with the weight that the strategy gives.
  func filter() async throws -> Report {
    try await ensembles { text in
      let reference = try FilterReference(text)
      guard case .builtin(let own) = reference else {
        return Ensemble(name: "tried", strategy: .equalWeight, filter: .function(reference))
      }
      guard own == .all else {
        throw CallableFault(text, "needs numbers that only a contract says", hint: "write it into an ensemble's filter")
      }
      return Ensemble(name: "tried", strategy: .equalWeight)
    }
  }

  private func ensembles(_ named: (String) throws -> Ensemble) async throws -> Report {
    var asked = contract
    if let function { asked.ensembles = [try named(function)] }
    asked.metricFunctions = [:]
    let active = asked.ensembles.filter(\.isEnabled)
    guard !active.isEmpty else {
      throw CallableFault("ensembles", "names none in this contract", hint: "name the function that is to be tried")
    }
    let functions = try await FigureFunctions(of: asked, limits: limits, logger: Terminal.silence)
    let name = function ?? active.map(\.name).joined(separator: ", ")
    guard let (history, bucket, _) = try await newestBucket(asked) else { return report(name, [], since: .now) }
    let material = history.ensembleMaterial(of: bucket)
    let began = ContinuousClock.now
    var rows: [Row] = []
    for ensemble in active {
      do {
        let members = try await functions.members(of: ensemble, material)
        rows += material.models.map { model in
          let weight = members.first { $0.modelID == model }.map { JSON.double($0.weight) }
          return Row(subject: "\(model) in \(ensemble.name)", now: weight)
        }
      } catch { rows.append(Row(subject: ensemble.name, failure: error.reason)) }
    }
    return report(name, rows, since: began)
  }
}
