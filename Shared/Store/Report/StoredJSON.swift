import Competition
import Postgres

/// A JSON value as PostgreSQL spelled it. It is handed on as it is, so that numbers keep their spelling whatever their
/// size; only what has to be known of it is read.
public struct StoredJSON: Sendable, Hashable {
  /// One valid JSON value, without blanks around it.
  public var bytes: ArraySlice<UInt8>

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = ArraySlice(bytes) }

  public var isObject: Bool { bytes.first == UInt8(ascii: "{") }
  public var isList: Bool { bytes.first == UInt8(ascii: "[") }
  public var isText: Bool { bytes.first == UInt8(ascii: "\"") }
  public var isBoolean: Bool { bytes.first == UInt8(ascii: "t") || bytes.first == UInt8(ascii: "f") }
  public var isNumber: Bool {
    bytes.first.map { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  /// The value read: null where it nests too deep to be read, infinite where a number is beyond a double.
  public var parsed: JSON {
    do {
      return try JSON(parsing: Array(bytes), nonFinite: .accept)
    } catch {
      return .null
    }
  }

  /// The number that this is or spells, as Python's `float()` reads it; nil for what is none, or none that is finite.
  public var number: Double? { parsed.floatValue.flatMap { $0.isFinite ? $0 : nil } }

  /// The object's members in their order; none when it is another value.
  public var members: [(key: String, value: StoredJSON)] {
    guard isObject else { return [] }
    var scanner = StoredScanner(bytes: bytes.dropFirst())
    var members: [(key: String, value: StoredJSON)] = []
    while let key = scanner.value(), let value = scanner.value() {
      members.append((key.parsed.string ?? "", value))
    }
    return members
  }

  /// Those of the object's members that are numbers, or booleans where asked for.
  public func figures(withBooleans: Bool = true) -> [(key: String, value: StoredJSON)] {
    members.filter { $0.value.isNumber || (withBooleans && $0.value.isBoolean) }
  }
}

/// Walks over the values of a list or an object, blanks, colons and commas between them.
private struct StoredScanner {
  var bytes: ArraySlice<UInt8>

  /// The next value; nil at the end.
  mutating func value() -> StoredJSON? {
    let separators: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: ":")]
    bytes = bytes.drop { separators.contains($0) }
    var depth = 0
    var isInString = false
    var isEscaped = false
    var end = bytes.startIndex
    loop: while end < bytes.endIndex {
      let byte = bytes[end]
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = true
      case UInt8(ascii: "\""): isInString.toggle()
      case _ where isInString: break
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth < 0 { break loop }
      case UInt8(ascii: ","), UInt8(ascii: ":"): if depth == 0 { break loop }
      default: break
      }
      end += 1
    }
    guard end > bytes.startIndex else { return nil }
    let value = bytes[..<end]
    bytes = bytes[end...]
    return StoredJSON(value)
  }
}

extension Timestamp {
  /// The years 1 to 9999: what every reader's calendar has. PostgreSQL's has more, and infinities.
  static let calendar = Timestamp(seconds: -62_135_596_800)...Timestamp(microseconds: 253_402_300_799_999_999)
}

extension PostgresRow {
  /// A moment for reports; one beyond the calendar is its first or its last.
  func calendarTime(_ column: Int) throws(PostgresError) -> Timestamp {
    let time = try timestamp(column)
    return min(max(time, Timestamp.calendar.lowerBound), Timestamp.calendar.upperBound)
  }

  func calendarTimeIfPresent(_ column: Int) throws(PostgresError) -> Timestamp? {
    try timestampIfPresent(column) == nil ? nil : try calendarTime(column)
  }

  func stored(_ column: Int) -> StoredJSON? { jsonIfPresent(column).map { StoredJSON($0) } }
}
