/// Checks a model's answer against the contract's output type, as 0.1.101 does, and beyond that lets nothing through that
/// PostgreSQL or a reader could choke on: NaN and infinities, NUL characters, oversize answers.
public enum OutputCheck {
  public enum Result: Sendable, Hashable {
    /// The answer with its known fields coerced and defaults filled in; unknown fields stay beside them.
    case valid(JSONObject)
    /// Why it is refused, and what is stored in its place.
    case invalid(reason: String, stored: JSONObject)
  }

  /// - Parameters:
  ///   - maxBytes: longest text of the answer.
  ///   - unknown: what becomes of fields that are not among `fields`.
  public static func check(
    _ answer: JSON, against fields: [CrunchContract.OutputField], maxBytes: Int,
    unknown: CrunchContract.UnknownFields = .keep
  ) -> Result {
    let size = answer.text.utf8.count
    guard size <= maxBytes else {
      return refuse("the answer has \(size) bytes, allowed are \(maxBytes)", nil)
    }
    if let problem = problem(in: answer) { return refuse(problem, nil) }
    // An answer that is no object is the value of `result`, which is a field of few contracts.
    var output = answer.object ?? ["result": answer]
    guard fields.contains(where: { output[$0.name] != nil }) else {
      let names = fields.map(\.name).joined(separator: ", ")
      return refuse("the answer has none of the fields \(names)", answer)
    }
    if unknown == .refuse, let other = output.keys.first(where: { key in !fields.contains { $0.name == key } }) {
      return refuse("the contract has no field \(other)", answer)
    }
    for field in fields {
      guard let value = output[field.name] else {
        guard let fallback = field.defaultValue else { return refuse("field \(field.name) is missing", answer) }
        output[field.name] = fallback
        continue
      }
      guard let coerced = coerce(value, field.type) else {
        return refuse("field \(field.name) is not of type \(field.type.rawValue)", answer)
      }
      if let outside = range(coerced, field) { return refuse(outside, answer) }
      output[field.name] = coerced
    }
    return .valid(output)
  }

  /// Why a value cannot stand for a field, if it cannot.
  static func problem(_ value: JSON, _ field: CrunchContract.OutputField) -> String? {
    guard let coerced = coerce(value, field.type) else { return "is not of type \(field.type.rawValue)" }
    return range(coerced, field)
  }

  private static func range(_ value: JSON, _ field: CrunchContract.OutputField) -> String? {
    guard let number = value.number else { return nil }
    if let low = field.minimum, number < low { return "field \(field.name) is below its minimum of \(low)" }
    if let high = field.maximum, number > high { return "field \(field.name) is above its maximum of \(high)" }
    return nil
  }

  private static func refuse(_ reason: String, _ answer: JSON?) -> Result {
    .invalid(reason: reason, stored: ["_validation_error": .string(reason), "raw_output": answer ?? .null])
  }

  static func coerce(_ value: JSON, _ type: CrunchContract.OutputField.FieldType) -> JSON? {
    switch type {
    case .json: return value
    case .string: return value.string.map(JSON.string)
    case .bool: return value.bool.map(JSON.bool)
    case .float: return value.floatValue.flatMap { $0.isFinite ? .double($0) : nil }
    case .int: return value.floatValue.flatMap { Int64(exactly: $0) }.map(JSON.int)
    }
  }

  /// What in a value cannot be stored, if anything.
  private static func problem(in value: JSON) -> String? {
    switch value {
    case .double(let number): return number.isFinite ? nil : "the answer holds \(number.pythonText), which is no number"
    case .string(let text): return problem(in: text)
    case .array(let values):
      for value in values { if let found = problem(in: value) { return found } }
      return nil
    case .object(let object):
      for member in object {
        if let found = problem(in: member.key) ?? problem(in: member.value) { return found }
      }
      return nil
    default: return nil
    }
  }

  private static func problem(in text: String) -> String? {
    text.utf8.contains(0) ? "the answer holds a NUL character" : nil
  }
}
