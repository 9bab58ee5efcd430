/// A value of Thrift's compact protocol, in which a Parquet file describes itself.
/// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
indirect enum Thrift: Sendable, Hashable {
  case flag(Bool)
  case byte(UInt8)
  case int16(Int64)
  case int32(Int64)
  case int64(Int64)
  /// Eight bytes that nobody here needs as a number.
  case double(UInt64)
  case bytes([UInt8])
  case list([Thrift])
  /// By field number, ascending.
  case structure([Field])

  struct Field: Sendable, Hashable {
    var number: Int
    var value: Thrift
  }

  static func text(_ text: String) -> Thrift { .bytes(Array(text.utf8)) }
  /// Fields by number, without those that are nil.
  static func fields(_ fields: KeyValuePairs<Int, Thrift?>) -> Thrift {
    .structure(fields.compactMap { number, value in value.map { Field(number: number, value: $0) } })
  }

  /// The field of a number; nil when there is none.
  subscript(number: Int) -> Thrift? {
    guard case .structure(let fields) = self else { return nil }
    return fields.first { $0.number == number }?.value
  }

  var integer: Int? {
    switch self {
    case .int16(let value), .int32(let value), .int64(let value): Int(exactly: value)
    case .byte(let value): Int(value)
    default: nil
    }
  }

  var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
  var list: [Thrift]? { if case .list(let elements) = self { elements } else { nil } }

  /// The number of its type, in fields and lists.
  var type: UInt8 {
    switch self {
    case .flag(let isTrue): isTrue ? 1 : 2
    case .byte: 3
    case .int16: 4
    case .int32: 5
    case .int64: 6
    case .double: 7
    case .bytes: 8
    case .list: 9
    case .structure: 12
    }
  }
}
