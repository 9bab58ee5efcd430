import Competition
import Logging

/// Looks at an answer that has the contract's fields, by a function of ours or of the competition.
public struct OutputValidator: Sendable {
  private let builtin: BuiltinOutput
  private let function: ExtensionFunction?

  public init(_ builtin: BuiltinOutput = .asIs) {
    self.builtin = builtin
    function = nil
  }

  /// - Parameter fields: what the contract says that an answer has.
  public init(
    _ reference: ExtensionReference<BuiltinOutput>, fields: [CrunchContract.OutputField], limits: PythonLimits,
    logger: Logger
  ) async throws(CallableFault) {
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.inferenceOutput.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .asIs }
    guard let function else { return }
    // It may want what no field says, and refuse all that is made up.
    let samples = (0..<100).map { [JSON.object(fields.sample($0))] }
    try await function.probe(
      samples, within: limits.limit(ofBatched: samples.count), mayBeConstant: Set(samples).count == 1, mayRefuse: true
    ) { _, answer in answer.object == nil ? "a dictionary" : nil }
  }

  /// Whether it answers at once.
  public var isImmediate: Bool { function == nil }

  /// The answer as it counts.
  /// - Throws: `OutputRefusal` with the reason why it does not.
  public func output(_ output: JSONObject) async throws -> JSONObject {
    guard let function else { return try builtin.output(output) }
    let answer: JSON
    do { answer = try await function.result(of: [.object(output)]) } catch { throw OutputRefusal(reason: error.reason) }
    guard let valid = answer.object else { throw OutputRefusal(reason: "\(function.name) gave no dictionary") }
    return valid
  }
}
