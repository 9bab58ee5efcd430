/// How many rows a Parquet file holds, by the metadata at its end: a Thrift structure in the compact protocol, of which the
/// third field is the count. https://parquet.apache.org/docs/file-format/metadata/
struct ParquetFooter {
  static let magic = Array("PAR1".utf8)
  /// The length of the metadata and the magic word, at the end of the file.
  static let tail = 8
  /// More is no metadata of a file that this node wrote.
  static let longest = 64 << 20

  private var bytes: ArraySlice<UInt8>

  /// The length of the metadata by the last bytes of a file; nil when they are not those of a Parquet file.
  static func length(tail: [UInt8]) -> Int? {
    guard tail.count == Self.tail, Array(tail[4...]) == magic else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(tail[$1]) << (8 * $1) }
    return (1...longest).contains(length) ? length : nil
  }

  /// - Returns: nil when the metadata cannot be read.
  static func rows(metadata: [UInt8]) -> Int? {
    var footer = ParquetFooter(bytes: ArraySlice(metadata))
    return footer.rows()
  }

  private mutating func rows() -> Int? {
    var field = 0
    while let (type, number) = header(after: field), type != 0 {
      field = number
      if field == 3 { return type == 6 ? integer() : nil }
      guard skip(type, depth: 0) else { return nil }
    }
    return nil
  }

  private mutating func byte() -> UInt8? { bytes.popFirst() }

  private mutating func unsigned() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = byte() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  /// Zigzag.
  private mutating func integer() -> Int? {
    guard let value = unsigned() else { return nil }
    return Int(exactly: Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
  }

  /// A field's type (0: the structure ends) and its number.
  private mutating func header(after last: Int) -> (type: UInt8, number: Int)? {
    guard let byte = byte() else { return nil }
    let type = byte & 0x0F
    guard type != 0 else { return (0, last) }
    if byte >> 4 != 0 { return (type, last + Int(byte >> 4)) }
    return integer().map { (type, $0) }
  }

  /// Moves past a value; false where the bytes end before it does.
  private mutating func skip(_ type: UInt8, depth: Int) -> Bool {
    guard depth < 32 else { return false }
    switch type {
    case 1, 2: return true
    case 3: return byte() != nil
    case 4, 5, 6: return unsigned() != nil
    case 7: return drop(8)
    case 8: return unsigned().flatMap { Int(exactly: $0) }.map { drop($0) } ?? false
    case 9, 10: return skipList(depth: depth)
    case 12:
      var field = 0
      while let (type, number) = header(after: field) {
        if type == 0 { return true }
        field = number
        guard skip(type, depth: depth + 1) else { return false }
      }
      return false
    default: return false
    }
  }

  private mutating func skipList(depth: Int) -> Bool {
    guard let byte = byte() else { return false }
    let count = byte >> 4 == 15 ? unsigned() : UInt64(byte >> 4)
    guard let count, count <= UInt64(bytes.count) else { return false }
    let type = byte & 0x0F
    for _ in 0..<count {
      // Booleans of a list have a byte each, those of a structure none.
      guard type <= 2 ? self.byte() != nil : skip(type, depth: depth + 1) else { return false }
    }
    return true
  }

  private mutating func drop(_ count: Int) -> Bool {
    guard count <= bytes.count else { return false }
    bytes = bytes.dropFirst(count)
    return true
  }
}
