/// The types of columns that are written and read, by their numbers in the format.
/// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
enum ParquetType: Sendable, Hashable {
  case text, integer, double, time

  /// Physical: 2 is INT64, 5 DOUBLE, 6 BYTE_ARRAY.
  var physical: Int64 {
    switch self {
    case .text: 6
    case .integer, .time: 2
    case .double: 5
    }
  }

  /// The column's entry in the schema: always OPTIONAL, with the older and the newer way to say what the bytes are.
  func schema(name: String) -> Thrift {
    .fields([
      1: .int32(physical), 3: .int32(1), 4: .text(name), 6: converted.map { .int32($0) }, 10: logical,
    ])
  }

  /// 0 is UTF8, 10 TIMESTAMP_MICROS.
  private var converted: Int64? {
    switch self {
    case .text: 0
    case .time: 10
    case .integer, .double: nil
    }
  }

  private var logical: Thrift? {
    switch self {
    case .text: .fields([1: .structure([])])
    // Adjusted to UTC, in microseconds.
    case .time: .fields([8: .fields([1: .flag(true), 2: .fields([2: .structure([])])])])
    case .integer, .double: nil
    }
  }

  /// - Parameter schema: a column's entry.
  /// - Throws: what it is that cannot be read.
  init(schema: Thrift) throws(ParquetError) {
    let name = schema[4]?.text ?? "?"
    guard schema[5]?.integer ?? 0 == 0 else { throw ParquetError("column \(name) has columns of its own") }
    guard schema[3]?.integer ?? 0 <= 1 else { throw ParquetError("column \(name) holds lists") }
    switch (schema[1]?.integer, schema[6]?.integer) {
    case (6, _): self = .text
    case (5, _): self = .double
    case (2, 10): self = .time
    case (2, nil), (2, 18): self = schema[10]?[8] == nil ? .integer : .time
    default:
      throw ParquetError("column \(name) has a type that is not read: texts, 64-bit integers, doubles and times are")
    }
    if self == .time, let unit = schema[10]?[8]?[2], unit[2] == nil {
      throw ParquetError("column \(name) does not count its times in microseconds")
    }
  }
}

extension ParquetValues {
  var type: ParquetType {
    switch self {
    case .texts: .text
    case .integers: .integer
    case .doubles: .double
    case .times: .time
    }
  }
}
