import CPostgres

/// The rows that a statement answered, in libpq's memory: columns are decoded when they are asked for.
public final class PostgresRows: RandomAccessCollection, @unchecked Sendable {
  // Safe: a PGresult is immutable after the query; libpq allows any number of threads to read it.
  private let result: OpaquePointer
  public let count: Int

  init(_ result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
  }

  deinit { PQclear(result) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(row: Int) -> PostgresRow { PostgresRow(rows: self, row: Int32(row)) }

  /// How many rows an INSERT, UPDATE or DELETE touched.
  public var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

  /// What the server did, as `INSERT 0 3`, `COMMIT` or `ROLLBACK`.
  public var commandTag: String { String(cString: PQcmdStatus(result)) }

  func bytes(_ row: Int32, _ column: Int) -> UnsafeRawBufferPointer? {
    guard column < Int(PQnfields(result)), PQgetisnull(result, row, Int32(column)) == 0 else { return nil }
    return UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, Int32(column)), count: Int(PQgetlength(result, row, Int32(column))))
  }

  func name(_ column: Int) -> String { PQfname(result, Int32(column)).map { String(cString: $0) } ?? "#\(column)" }
}

/// One row. Columns are numbered from 0; the plain accessors throw on NULL, those with `IfPresent` answer nil.
public struct PostgresRow: Sendable {
  let rows: PostgresRows
  let row: Int32

  public func textIfPresent(_ column: Int) -> String? {
    rows.bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
  }
  public func intIfPresent(_ column: Int) throws(PostgresError) -> Int64? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    switch bytes.count {
    case 8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    case 4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    case 2: return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
    default: throw mismatch(column, "an integer")
    }
  }
  public func doubleIfPresent(_ column: Int) throws(PostgresError) -> Double? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    switch bytes.count {
    case 8: return Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    case 4: return Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
    default: throw mismatch(column, "a real number")
    }
  }
  public func boolIfPresent(_ column: Int) throws(PostgresError) -> Bool? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    guard bytes.count == 1 else { throw mismatch(column, "a boolean") }
    return bytes[0] != 0
  }
  /// Microseconds since 1970 UTC; `infinity` is the largest there is.
  public func timeIfPresent(_ column: Int) throws(PostgresError) -> Int64? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    guard bytes.count == 8 else { throw mismatch(column, "a time") }
    let stored = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    let (time, isBeyond) = stored.addingReportingOverflow(PostgresParameter.epochShift)
    return isBeyond ? .max : time
  }
  /// The UTF-8 text of a `jsonb` (or `json`) value.
  public func jsonIfPresent(_ column: Int) -> [UInt8]? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    return bytes.first == 1 ? Array(bytes.dropFirst()) : Array(bytes)
  }
  /// A one-dimensional `text[]` without NULLs.
  public func textsIfPresent(_ column: Int) throws(PostgresError) -> [String]? {
    guard let bytes = rows.bytes(row, column) else { return nil }
    guard bytes.count >= 12 else { throw mismatch(column, "a list of texts") }
    func integer(_ offset: Int) -> Int {
      Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }
    guard integer(0) > 0 else { return [] }
    guard bytes.count >= 20 else { throw mismatch(column, "a list of texts") }
    var texts: [String] = []
    var offset = 20
    for _ in 0..<integer(12) {
      guard offset + 4 <= bytes.count else { throw mismatch(column, "a list of texts") }
      let length = integer(offset)
      guard length >= 0, offset + 4 + length <= bytes.count else { throw mismatch(column, "a list of texts") }
      texts.append(String(decoding: bytes[offset + 4..<offset + 4 + length], as: UTF8.self))
      offset += 4 + length
    }
    return texts
  }

  public func text(_ column: Int) throws(PostgresError) -> String { try present(textIfPresent(column), column) }
  /// A text that is likely to be the same as in the row before: then that one is answered, and none is made.
  public func text(_ column: Int, orSame known: String?) throws(PostgresError) -> String {
    if let known, let bytes = rows.bytes(row, column), known.utf8.elementsEqual(bytes) { return known }
    return try text(column)
  }
  public func int(_ column: Int) throws(PostgresError) -> Int64 { try present(intIfPresent(column), column) }
  public func double(_ column: Int) throws(PostgresError) -> Double { try present(doubleIfPresent(column), column) }
  public func bool(_ column: Int) throws(PostgresError) -> Bool { try present(boolIfPresent(column), column) }
  public func time(_ column: Int) throws(PostgresError) -> Int64 { try present(timeIfPresent(column), column) }
  public func json(_ column: Int) throws(PostgresError) -> [UInt8] { try present(jsonIfPresent(column), column) }
  public func texts(_ column: Int) throws(PostgresError) -> [String] { try present(textsIfPresent(column), column) }

  private func present<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
    guard let value else { throw mismatch(column, "a value, not NULL") }
    return value
  }

  private func mismatch(_ column: Int, _ expected: String) -> PostgresError {
    PostgresError(kind: .decoding, message: "column \(rows.name(column)) is not \(expected)")
  }
}
