import Competition
import Logging

/// Makes a model's scores of a bucket into the summary of its snapshot, by a function of ours or of the competition.
public struct SnapshotAggregator: Sendable {
  private let builtin: BuiltinAggregation
  private let function: ExtensionFunction?

  public init(_ builtin: BuiltinAggregation = .mean) {
    self.builtin = builtin
    function = nil
  }

  public init(
    _ reference: ExtensionReference<BuiltinAggregation>, limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) {
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.aggregateSnapshot.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .mean }
    guard let function else { return }
    let samples = (0..<100).map { place -> [JSON] in
      let value = Double(place % 7) / 4 - 0.75
      return [
        .array([
          ["value": .double(value), "actual_return": .double(value / 10)],
          ["value": .double(-0.25 - value), "actual_return": .double(-0.2 - value)],
        ])
      ]
    }
    try await function.probe(samples, within: limits.limit(ofBatched: samples.count)) { _, answer in
      Self.summary(answer) == nil ? "a dictionary" : nil
    }
  }

  /// One summary for each model's results, in order. Where the competition's function fails on a model's results, the mean
  /// stands in, with the reason beside it.
  /// - Parameter results: successful ones of each model, in order of prediction id.
  public func summaries(of results: [[JSONObject]]) async -> [(summary: JSONObject, failure: String?)] {
    guard let function else { return results.map { (builtin.summary(of: $0), nil) } }
    let answers = await function.results(of: results.map { [.array($0.map(JSON.object))] })
    return zip(results, answers).map { own, answer in
      switch answer {
      case .success(let json):
        if let summary = Self.summary(json) { return (summary, nil) }
        return (builtin.summary(of: own), "\(function.name) gave no dictionary")
      case .failure(let failure): return (builtin.summary(of: own), failure.reason)
      }
    }
  }

  private static func summary(_ answer: JSON) -> JSONObject? { answer.isFinite ? answer.object : nil }
}
