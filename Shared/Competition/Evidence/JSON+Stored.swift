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
    return Int64(value.decimalText).map(JSON.int) ?? .double(value)
  }
}

extension JSONObject {
  /// This object as PostgreSQL's `jsonb` gives it back, its keys aside: their order there is PostgreSQL's.
  public var stored: JSONObject { JSONObject(unchecked: map { Member(key: $0.key, value: $0.value.stored) }) }
}
