import Callables
import Competition

extension SettingsReader {
  /// What `SCORING_FUNCTION` names, nil without; whether it exists and works shows when it is loaded.
  mutating func scoringReference() -> CallableReference? {
    let text = value(
      .optionalText(
        "SCORING_FUNCTION", example: "my_crunch.scoring:score_prediction",
        "What predictions are scored by: builtin:name, package.module:callable (Python) or lib:path.so#symbol. Without it "
          + "the contract says, and else it is builtin:directional."))
    return text.flatMap { read($0, of: "SCORING_FUNCTION") }
  }

  /// The contract's scoring function, and what its Python may use.
  mutating func scoring(of contract: CrunchContract, timeoutSeconds: Double) -> ScoringSource {
    ScoringSource(contract, python: python(timeoutSeconds: timeoutSeconds))
  }

  /// What functions in Python may use.
  /// - Parameter timeoutSeconds: of a call with all that may follow from it.
  mutating func python(timeoutSeconds: Double) -> PythonLimits {
    let interpreter = value(
      .text(
        "MODEL_PYTHON", default: "python3", example: ".run/venv/bin/python",
        "Python that runs functions in Python."))
    let processes = value(
      .integer("SCORING_PROCESSES", default: 2, in: 1...64, "Processes that each function in Python runs in."))
    let megabytes = value(
      .integer(
        "SCORING_MEMORY_MB", default: 2_048, in: 64...1_048_576,
        "Address space of a process of a function in Python."))
    // A batch that hangs and then, asked about alone, the one that did it end within the caller's time.
    return PythonLimits(
      interpreter: interpreter, processes: processes, memoryBytes: megabytes << 20,
      batchLimit: .seconds(timeoutSeconds / 3), aloneLimit: .seconds(timeoutSeconds / 10))
  }

  /// What a point's variable names; nil without.
  mutating func reference<Builtin>(_ point: ExtensionPoint) -> ExtensionReference<Builtin>? {
    guard let variable = point.variable else { return nil }
    let text = value(
      .optionalText(
        variable, example: "my_crunch.extensions:\(point.rawValue)",
        "A function of yours, \(point.signature); without it the contract's \(point.rawValue)."))
    return text.flatMap { read($0, of: variable) }
  }

  /// What the original's own functions are here.
  private static let ofOriginal = "coordinator_node.extensions.default_callables:"

  private mutating func read<Builtin>(_ text: String, of variable: String) -> ExtensionReference<Builtin>? {
    if text == "default" || text.hasPrefix(Self.ofOriginal), let first = Builtin.allCases.first {
      return .builtin(first)
    }
    do { return try ExtensionReference(text) } catch {
      refuse(
        variable, value: text, expected: String(error.hint.dropFirst("write ".count)),
        example: "my_crunch.extensions:function")
      return nil
    }
  }
}

/// A callable that cannot be used is a wrong setting: the start ends with 78 and the reason.
extension CallableFault: ConfigurationFault {
  public var isConfigurationFault: Bool { true }
}
