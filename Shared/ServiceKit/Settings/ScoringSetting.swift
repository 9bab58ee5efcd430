import Callables
import Competition

extension SettingsReader {
  /// What `SCORING_FUNCTION` names; whether it exists and works shows when it is loaded.
  mutating func scoringReference(default fallback: CallableReference) -> CallableReference {
    let text = value(
      .optionalText(
        "SCORING_FUNCTION", example: "my_crunch.scoring:score_prediction",
        "What predictions are scored by: builtin:name, package.module:callable (Python) or lib:path.so#symbol. Without it "
          + "the contract says, and else it is builtin:directional."))
    return text.map { read($0, default: fallback) } ?? fallback
  }

  /// The contract's scoring function, and what its Python may use.
  mutating func scoring(of contract: CrunchContract, timeoutSeconds: Double) -> ScoringSource {
    let interpreter = value(
      .text(
        "MODEL_PYTHON", default: "python3", example: ".run/venv/bin/python",
        "Python that runs a scoring function in Python."))
    let processes = value(
      .integer("SCORING_PROCESSES", default: 2, in: 1...64, "Processes that a Python scoring function runs in."))
    let megabytes = value(
      .integer(
        "SCORING_MEMORY_MB", default: 2_048, in: 64...1_048_576,
        "Address space of a process of a Python scoring function."))
    // A batch that hangs and then, asked about alone, the prediction that did it end within the caller's time.
    let limits = PythonLimits(
      interpreter: interpreter, processes: processes, memoryBytes: megabytes << 20,
      batchLimit: .seconds(timeoutSeconds / 3), aloneLimit: .seconds(timeoutSeconds / 10))
    return ScoringSource(contract.scoring, python: limits, output: contract.output)
  }

  /// Names that the original and earlier versions gave to the default score.
  private static let defaultNames = [
    "default", "coordinator_node.extensions.default_callables:default_score_prediction",
  ]

  private mutating func read(_ text: String, default fallback: CallableReference) -> CallableReference {
    if Self.defaultNames.contains(text) { return .builtin(.directional) }
    do { return try CallableReference(text) } catch {
      refuse(
        "SCORING_FUNCTION", value: text, expected: String(error.hint.dropFirst("write ".count)),
        example: "my_crunch.scoring:score_prediction")
      return fallback
    }
  }
}

/// A callable that cannot be used is a wrong setting: the start ends with 78 and the reason.
extension CallableFault: ConfigurationFault {
  public var isConfigurationFault: Bool { true }
}
