import Competition
import Logging

/// A metric that is a function of the competition: in Python called for each model as the original calls it, of a library
/// once for all of them.
public struct MetricFunction: Sendable {
  /// As the contract's `metrics` and summaries name it.
  public let name: String
  private let function: ExtensionFunction
  private let rest: FunctionRest

  /// Loads and probes it.
  /// - Parameters:
  ///   - output: fields of the outputs that it will meet.
  ///   - score: fields of the results, beside `value`.
  /// - Throws: `CallableFault` with the reason when it cannot be used; nil when it is built in.
  public init?(
    _ name: String, _ reference: MetricReference, output: [CrunchContract.OutputField],
    score: [CrunchContract.OutputField] = [], limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) {
    guard
      let function = try await ExtensionFunction.load(
        reference, at: FigurePoint.metric.rawValue, limits: limits, logger: logger)
    else { return nil }
    self.name = name
    self.function = function
    rest = FunctionRest(slow: limits.batchLimit)
    let metric = self
    try await MetricProbe(name: function.name, limit: limits.batchLimit / 4).check { panel in
      await metric.numbers(of: panel)
    } of: {
      AnswerPanel(probe: $0, output: output, score: score)
    }
  }

  /// The metric of each model and ensemble of a panel that has one, and of the others why not. Without a number and a
  /// reason there is too little for it.
  public func numbers(of panel: AnswerPanel) async -> [String: Result<Double?, ExtensionFailure>] {
    let models = panel.series.filter { !$0.answers.isEmpty }
    guard !models.isEmpty else { return [:] }
    if let reason = await rest.reason(at: .now) {
      return Dictionary(
        models.map { ($0.modelID, .failure(reason)) }, uniquingKeysWith: { first, _ in first })
    }
    let began = ContinuousClock.now
    let numbers =
      function.isLibrary ? await ofAll(models, panel) : await ofEach(models, panel)
    await rest.note(numbers.values.lazy.compactMap(\.failure).first, took: began.duration(to: .now), at: .now)
    return numbers
  }

  private func ofEach(
    _ models: [AnswerPanel.Series], _ panel: AnswerPanel
  ) async -> [String: Result<Double?, ExtensionFailure>] {
    let answers = await function.results(of: models.map { [.string($0.modelID)] }, shared: panel.json)
    return Dictionary(
      zip(models, answers).map { model, answer in
        (model.modelID, answer.flatMap { Self.number($0, of: function.name) })
      }, uniquingKeysWith: { first, _ in first })
  }

  private func ofAll(
    _ models: [AnswerPanel.Series], _ panel: AnswerPanel
  ) async -> [String: Result<Double?, ExtensionFailure>] {
    let answer = await function.results(of: [[panel.json]])[0].flatMap {
      answer -> Result<JSONObject, ExtensionFailure> in
      answer.object.map { .success($0) } ?? .failure(ExtensionFailure("\(function.name) gave no object"))
    }
    return Dictionary(
      models.map { model in
        (model.modelID, answer.flatMap { Self.number($0[model.modelID] ?? .null, of: function.name) })
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func number(_ answer: JSON, of name: String) -> Result<Double?, ExtensionFailure> {
    if answer.isNull { return .success(nil) }
    guard let number = answer.number, number.isFinite else {
      return .failure(ExtensionFailure("\(name) gave \(answer.text.prefix(100)), and no number"))
    }
    return .success(number)
  }
}

extension Result {
  var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
