/// A JSON value. Objects keep the order of their keys, and integers stay apart from reals, as in the Python original
/// (`1` and `1.0` are different texts, and a hash over them must not mix them up).
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  /// The number in this value: an integer or a real, never a boolean or a text.
  @inlinable public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  @inlinable public var string: String? { if case .string(let value) = self { value } else { nil } }
  @inlinable public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  @inlinable public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  @inlinable public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// The integer in this value: also a real without a fraction (`15.0`).
  @inlinable public var int: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  @inlinable public var isNull: Bool { if case .null = self { true } else { false } }

  /// The value under `key` when this is an object that has it.
  @inlinable public subscript(key: String) -> JSON? { object?[key] }

  /// Whether every number below is finite. PostgreSQL's `jsonb` and every other reader refuse NaN and infinities.
  public var isFinite: Bool {
    switch self {
    case .double(let value): value.isFinite
    case .array(let values): values.allSatisfy(\.isFinite)
    case .object(let object): object.allSatisfy { $0.value.isFinite }
    default: true
    }
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }

  /// `null` for no value.
  public init(_ value: String?) { self = value.map(JSON.string) ?? .null }
  public init(_ value: Int) { self = .int(Int64(value)) }
  /// `null` for no value or one that is not finite: those have no JSON spelling.
  public init(finite value: Double?) { self = value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null }
}
