extension CrunchContract {
  /// Which fields something between feed and score has. Without fields anything is taken.
  public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral {
    public var fields: [OutputField]
    /// What becomes of fields that are not among them; nothing is refused where none are.
    public var unknown: UnknownFields

    public init(_ fields: [OutputField], unknown: UnknownFields = .keep) {
      self.fields = fields
      self.unknown = unknown
    }

    public init(arrayLiteral fields: OutputField...) { self.init(fields) }

    /// The object with its fields as their types and defaults filled in; others stay beside them, or are refused.
    /// - Parameters:
    ///   - what: as an error calls it.
    ///   - own: fields that it has in any case.
    public func checked(
      _ object: JSONObject, as what: String, beside own: [String] = []
    ) throws(ShapeViolation) -> JSONObject {
      guard !fields.isEmpty else { return object }
      var checked = object
      for field in fields {
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
      guard unknown == .refuse else { return checked }
      if let other = object.keys.first(where: { key in !own.contains(key) && !fields.contains { $0.name == key } }) {
        throw ShapeViolation(reason: "the contract gives the \(what) no field \(other)")
      }
      return checked
    }
  }
}

/// Which fields the things between feed and score have, beside models' answers.
public struct ContractShapes: Sendable, Hashable {
  /// The window as models would be shown it, before the competition's input builder.
  public var rawInput: CrunchContract.Shape
  /// What models are shown.
  public var inferenceInput: CrunchContract.Shape
  /// What scoring functions give; `value` is a number in any case.
  public var score: CrunchContract.Shape
  public var groundTruth: CrunchContract.Shape

  public init(
    rawInput: CrunchContract.Shape = [], inferenceInput: CrunchContract.Shape = [], score: CrunchContract.Shape = [],
    groundTruth: CrunchContract.Shape = []
  ) {
    self.rawInput = rawInput
    self.inferenceInput = inferenceInput
    self.score = score
    self.groundTruth = groundTruth
  }

  /// Each with its key in the contract.
  public var sections: [(key: String, shape: CrunchContract.Shape)] {
    [("raw_input", rawInput), ("inference_input", inferenceInput), ("score", score), ("ground_truth", groundTruth)]
  }
}

/// Why something has not the fields that the contract gives it.
public struct ShapeViolation: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String
  public var description: String { reason }
}
