/// A typed parameter. It travels in binary form.
public enum PostgresParameter: Sendable, Hashable {
  case text(String?)
  case int(Int64?)
  case double(Double?)
  case bool(Bool?)
  /// Microseconds since 1970 UTC, a `timestamptz`.
  case time(Int64?)
  /// The UTF-8 text of a JSON value, a `jsonb`.
  case json([UInt8]?)
  case texts([String?])
  case ints([Int64?])
  case doubles([Double?])
  case bools([Bool?])
  case times([Int64?])
  case jsons([[UInt8]?])

  /// PostgreSQL counts microseconds from 2000-01-01.
  static let epochShift: Int64 = 946_684_800_000_000

  /// The type's object id in `pg_type`.
  var typeID: UInt32 {
    switch self {
    case .text: 25
    case .int: 20
    case .double: 701
    case .bool: 16
    case .time: 1184
    case .json: 3802
    case .texts: 1009
    case .ints: 1016
    case .doubles: 1022
    case .bools: 1000
    case .times: 1185
    case .jsons: 3807
    }
  }

  /// Appends the binary form without its length; answers false for NULL.
  func write(into bytes: inout [UInt8]) -> Bool {
    switch self {
    case .text(let value): return Self.write(value, into: &bytes, Self.writeText)
    case .int(let value): return Self.write(value, into: &bytes, Self.writeInteger)
    case .double(let value): return Self.write(value, into: &bytes, Self.writeDouble)
    case .bool(let value): return Self.write(value, into: &bytes, Self.writeBool)
    case .time(let value): return Self.write(value, into: &bytes, Self.writeTime)
    case .json(let value): return Self.write(value, into: &bytes, Self.writeJSON)
    case .texts(let values): Self.writeArray(values, of: 25, into: &bytes, Self.writeText)
    case .ints(let values): Self.writeArray(values, of: 20, into: &bytes, Self.writeInteger)
    case .doubles(let values): Self.writeArray(values, of: 701, into: &bytes, Self.writeDouble)
    case .bools(let values): Self.writeArray(values, of: 16, into: &bytes, Self.writeBool)
    case .times(let values): Self.writeArray(values, of: 1184, into: &bytes, Self.writeTime)
    case .jsons(let values): Self.writeArray(values, of: 3802, into: &bytes, Self.writeJSON)
    }
    return true
  }

  private static func write<Value>(
    _ value: Value?, into bytes: inout [UInt8], _ write: (Value, inout [UInt8]) -> Void
  ) -> Bool {
    guard let value else { return false }
    write(value, &bytes)
    return true
  }

  private static func writeArray<Value>(
    _ values: [Value?], of type: UInt32, into bytes: inout [UInt8], _ write: (Value, inout [UInt8]) -> Void
  ) {
    bytes.appendBigEndian(Int32(values.isEmpty ? 0 : 1))
    bytes.appendBigEndian(Int32(values.contains { $0 == nil } ? 1 : 0))
    bytes.appendBigEndian(type)
    guard !values.isEmpty else { return }
    bytes.appendBigEndian(Int32(values.count))
    bytes.appendBigEndian(Int32(1))
    for value in values {
      guard let value else {
        bytes.appendBigEndian(Int32(-1))
        continue
      }
      let start = bytes.count
      bytes.appendBigEndian(Int32(0))
      write(value, &bytes)
      bytes.set(Int32(bytes.count - start - 4), at: start)
    }
  }

  private static func writeText(_ value: String, _ bytes: inout [UInt8]) { bytes.append(contentsOf: value.utf8) }
  private static func writeInteger(_ value: Int64, _ bytes: inout [UInt8]) { bytes.appendBigEndian(value) }
  private static func writeDouble(_ value: Double, _ bytes: inout [UInt8]) { bytes.appendBigEndian(value.bitPattern) }
  private static func writeBool(_ value: Bool, _ bytes: inout [UInt8]) { bytes.append(value ? 1 : 0) }
  private static func writeTime(_ value: Int64, _ bytes: inout [UInt8]) { bytes.appendBigEndian(value - epochShift) }
  private static func writeJSON(_ value: [UInt8], _ bytes: inout [UInt8]) {
    bytes.append(1)  // the version of jsonb's binary form
    bytes.append(contentsOf: value)
  }
}

extension [UInt8] {
  /// Appends a number in network byte order.
  mutating func appendBigEndian<Number: FixedWidthInteger>(_ number: Number) where Number: Sendable {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  mutating func set(_ number: Int32, at index: Int) {
    Swift.withUnsafeBytes(of: number.bigEndian) { replaceSubrange(index..<index + 4, with: $0) }
  }
}
