import Competition
import Logging

/// The functions of a competition for figures over many scores: metrics, and strategies and filters of ensembles. What one of
/// them does wrong costs its own figure alone.
public struct FigureFunctions: Sendable {
  private let metrics: [MetricFunction]
  private let ensembles: [String: EnsembleFunctions]

  /// None: everything is built in.
  public init() {
    metrics = []
    ensembles = [:]
  }

  /// Loads and probes those of a contract.
  /// - Throws: `CallableFault` with the reason when one cannot be used.
  public init(of contract: CrunchContract, limits: PythonLimits, logger: Logger) async throws(CallableFault) {
    var metrics: [MetricFunction] = []
    for name in contract.metrics {
      guard let reference = contract.metricFunctions[name] else { continue }
      let function = try await MetricFunction(
        name, reference, output: contract.output, score: contract.shapes.score.fields, limits: limits, logger: logger)
      if let function { metrics.append(function) }
    }
    var ensembles: [String: EnsembleFunctions] = [:]
    for ensemble in contract.ensembles where ensemble.isEnabled && ensemble.usesFunctions {
      ensembles[ensemble.name] = try await EnsembleFunctions(ensemble, limits: limits, logger: logger)
    }
    self.metrics = metrics
    self.ensembles = ensembles
  }

  /// The competition's own metrics of a bucket.
  /// - Parameter panel: made only when there are any.
  public func figures(of panel: () -> AnswerPanel) async -> ModelFigures {
    var figures = ModelFigures()
    guard !metrics.isEmpty else { return figures }
    let panel = panel()
    for metric in metrics {
      for (model, answer) in await metric.numbers(of: panel) {
        switch answer {
        case .success(let number?): figures.values[model, default: [:]][metric.name] = .double(number)
        case .success(nil): break
        case .failure(let failure): figures.failures[model, default: [:]][metric.name] = .string(failure.reason)
        }
      }
    }
    return figures
  }

  /// Who takes part in an ensemble.
  /// - Throws: `ExtensionFailure` when one of its functions fails.
  public func members(
    of ensemble: Ensemble, _ material: EnsembleMaterial
  ) async throws(ExtensionFailure) -> [Ensemble.Member] {
    if let functions = ensembles[ensemble.name] { return try await functions.members(material) }
    return ensemble.members(of: material) ?? []
  }
}
