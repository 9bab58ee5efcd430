import Competition
import Logging

/// The strategy and the filter of an ensemble, of which one at least is a function of the competition.
struct EnsembleFunctions: Sendable {
  private let ensemble: Ensemble
  private let strategy: ExtensionFunction?
  private let filter: ExtensionFunction?
  private let rest: FunctionRest

  /// Loads and probes them.
  init(_ ensemble: Ensemble, limits: PythonLimits, logger: Logger) async throws(CallableFault) {
    self.ensemble = ensemble
    rest = FunctionRest(slow: limits.batchLimit)
    strategy = try await ExtensionFunction.load(
      ensemble.strategy, at: FigurePoint.ensembleStrategy.rawValue, limits: limits, logger: logger)
    if case .function(let reference) = ensemble.filter {
      filter = try await ExtensionFunction.load(
        reference, at: FigurePoint.modelFilter.rawValue, limits: limits, logger: logger)
    } else {
      filter = nil
    }
    let sample = EnsembleMaterial.probe
    do {
      _ = try await kept(sample)
      _ = try await weighted(sample.models, sample)
    } catch {
      throw CallableFault(
        "ensemble \(ensemble.name)", "has a function that fails on made-up models: \(error.reason)", hint: "correct it")
    }
  }

  /// - Throws: `ExtensionFailure` when a function fails: nobody is weighed by guess.
  func members(_ material: EnsembleMaterial) async throws(ExtensionFailure) -> [Ensemble.Member] {
    if let reason = await rest.reason(at: .now) { throw reason }
    let began = ContinuousClock.now
    do {
      let members = try await weighted(try await kept(material), material)
      await rest.note(nil, took: .zero, at: .now)
      return members
    } catch {
      await rest.note(error, took: began.duration(to: .now), at: .now)
      throw error
    }
  }

  private func kept(_ material: EnsembleMaterial) async throws(ExtensionFailure) -> [String] {
    guard let filter else {
      return ensemble.filter.members(of: material.models, metrics: material.metrics, values: material.values) ?? []
    }
    let answers = await filter.results(of: material.models.map { [.string($0), .object(material.metrics[$0] ?? [:])] })
    var kept: [String] = []
    for (model, answer) in zip(material.models, answers) {
      guard let keeps = try answer.get().bool else {
        throw ExtensionFailure("\(filter.name) gave neither true nor false")
      }
      if keeps { kept.append(model) }
    }
    return kept
  }

  private func weighted(
    _ kept: [String], _ material: EnsembleMaterial
  ) async throws(ExtensionFailure) -> [Ensemble.Member] {
    if let members = ensemble.weighted(kept, material) { return members }
    guard let strategy, !kept.isEmpty else { return [] }
    let metrics = JSONObject(kept.map { ($0, .object(material.metrics[$0] ?? [:])) })
    let predictions = JSONObject(kept.map { ($0, .array((material.answers[$0] ?? []).map(\.json))) })
    let answer = try await strategy.result(of: [.object(metrics), .object(predictions)])
    guard let weights = answer.object else { throw ExtensionFailure("\(strategy.name) gave no dictionary of weights") }
    var members: [Ensemble.Member] = []
    for model in kept {
      guard let weight = weights[model] else { continue }
      guard let number = weight.number, number.isFinite else {
        throw ExtensionFailure("\(strategy.name) gave \(model) the weight \(weight.text.prefix(100)), and no number")
      }
      members.append(Ensemble.Member(modelID: model, weight: number))
    }
    return members
  }
}

extension EnsembleMaterial {
  /// Three made-up models.
  fileprivate static let probe: EnsembleMaterial = {
    let models = ["probe a", "probe b", "probe c"]
    let answers = models.enumerated().map { place, model in
      (
        model,
        (0..<20).map { index in
          PastAnswer(
            key: MetricKey(inputID: "INP_\(index)", scopeKey: "probe"), scope: ["subject": "BTC"],
            output: ["value": .double(Double((index * (place + 3) * 7) % 19 - 9) / 10)], result: nil)
        }
      )
    }
    let metrics = models.enumerated().map { place, model -> (String, JSONObject) in
      let number = Double(place) / 10 - 0.05
      let names = BuiltinMetric.allCases.map(\.rawValue) + ["value"]
      return (model, JSONObject(names.map { ($0, .double(number)) }))
    }
    let known = Dictionary(answers) { first, _ in first }
    return EnsembleMaterial(
      models: models, metrics: Dictionary(metrics) { first, _ in first },
      values: known.mapValues { $0.compactMap { $0.output["value"]?.number } }, answers: known)
  }()
}
