/// Which fields the things between feed and score have, beside models' answers. Without fields anything is taken.
public struct ContractShapes: Sendable, Hashable {
  /// The window as models would be shown it, before the competition's input builder.
  public var rawInput: [CrunchContract.OutputField]
  /// What models are shown.
  public var inferenceInput: [CrunchContract.OutputField]
  /// What scoring functions give; `value` is a number in any case.
  public var score: [CrunchContract.OutputField]
  public var groundTruth: [CrunchContract.OutputField]

  public init(
    rawInput: [CrunchContract.OutputField] = [], inferenceInput: [CrunchContract.OutputField] = [],
    score: [CrunchContract.OutputField] = [], groundTruth: [CrunchContract.OutputField] = []
  ) {
    self.rawInput = rawInput
    self.inferenceInput = inferenceInput
    self.score = score
    self.groundTruth = groundTruth
  }

  /// Each with its key in the contract.
  public var sections: [(key: String, fields: [CrunchContract.OutputField])] {
    [("raw_input", rawInput), ("inference_input", inferenceInput), ("score", score), ("ground_truth", groundTruth)]
  }
}

/// Why something has not the fields that the contract gives it.
public struct ShapeViolation: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String
  public var description: String { reason }
}

extension [CrunchContract.OutputField] {
  /// The object with its fields as their types and defaults filled in; others stay beside them.
  public func checked(_ object: JSONObject, as what: String) throws(ShapeViolation) -> JSONObject {
    guard !isEmpty else { return object }
    var checked = object
    for field in self {
      guard let value = object[field.name], !value.isNull || field.type == .json else {
        guard let fallback = field.defaultValue else {
          throw ShapeViolation(reason: "the \(what) has no field \(field.name)")
        }
        checked[field.name] = fallback
        continue
      }
      if let problem = OutputCheck.problem(value, field) {
        throw ShapeViolation(reason: "field \(field.name) of the \(what) \(problem)")
      }
      checked[field.name] = OutputCheck.coerce(value, field.type)
    }
    return checked
  }
}
