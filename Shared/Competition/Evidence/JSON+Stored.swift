extension JSON {
  /// This value as PostgreSQL's `jsonb` gives it back. There a number is a decimal: a real of 1e16 or more without a
  /// fraction comes back as an integer (where 64 bits hold it), and −0 as 0. What is hashed is hashed in this form, so that
  /// whoever reads the row finds the same text.
  public var stored: JSON {
    switch self {
    case .double(let value): Self.stored(value)
    case .array(let values): .array(values.map(\.stored))
    case .object(let object): .object(object.stored)
    default: self
    }
  }

  private static func stored(_ value: Double) -> JSON {
    if value == 0 { return .double(0) }
    guard value.isFinite, value.magnitude >= 1e16, value.magnitude < 1e19 else { return .double(value) }
    return Int64(decimalDigits(of: value)).map(JSON.int) ?? .double(value)
  }

  /// The shortest decimal form of a great number, written out.
  private static func decimalDigits(of value: Double) -> String {
    let text = value.pythonText
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else { return text }
    let digits = text[..<mark].filter(\.isNumber)
    return (value < 0 ? "-" : "") + digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
  }
}

extension JSONObject {
  /// This object as PostgreSQL's `jsonb` gives it back, its keys aside: their order there is PostgreSQL's.
  public var stored: JSONObject { JSONObject(unchecked: map { Member(key: $0.key, value: $0.value.stored) }) }
}
