extension Thrift {
  /// Reads a structure at the front of bytes and moves behind it.
  /// - Returns: nil when the bytes end too soon or make no sense. Never more is read than there is, and no more kept than
  ///   a small multiple of it.
  static func structure(from cursor: inout ByteCursor) -> Thrift? {
    var reader = Reader(cursor: cursor)
    defer { cursor = reader.cursor }
    return reader.structure(depth: 0)
  }

  private struct Reader {
    private static let deepest = 32
    var cursor: ByteCursor

    mutating func structure(depth: Int) -> Thrift? {
      guard depth < Self.deepest else { return nil }
      var fields: [Field] = []
      var last = 0
      while let head = cursor.byte() {
        let type = head & 0x0F
        if type == 0 { return .structure(fields) }
        let number = head >> 4 != 0 ? last + Int(head >> 4) : integer()
        guard let number, (-32_768...32_767).contains(number) else { return nil }
        last = number
        guard let value = type <= 2 ? .flag(type == 1) : value(type, depth: depth + 1) else { return nil }
        fields.append(Field(number: number, value: value))
      }
      return nil
    }

    private mutating func value(_ type: UInt8, depth: Int) -> Thrift? {
      switch type {
      case 1, 2: cursor.byte().map { .flag($0 == 1) }
      case 3: cursor.byte().map(Thrift.byte)
      case 4: integer().map { .int16(Int64($0)) }
      case 5: integer().map { .int32(Int64($0)) }
      case 6: integer().map { .int64(Int64($0)) }
      case 7: cursor.littleEndian(UInt64.self).map(Thrift.double)
      case 8: cursor.varint().flatMap { Int(exactly: $0) }.flatMap { cursor.take($0) }.map { .bytes(Array($0)) }
      case 9, 10: list(depth: depth)
      case 12: structure(depth: depth)
      default: nil
      }
    }

    private mutating func list(depth: Int) -> Thrift? {
      guard depth < Self.deepest, let head = cursor.byte() else { return nil }
      let count = head >> 4 == 15 ? cursor.varint() : UInt64(head >> 4)
      // Each element has a byte at least.
      guard let count, count <= UInt64(cursor.left) else { return nil }
      var elements: [Thrift] = []
      for _ in 0..<count {
        guard let element = value(head & 0x0F, depth: depth + 1) else { return nil }
        elements.append(element)
      }
      return .list(elements)
    }

    private mutating func integer() -> Int? {
      cursor.varint().flatMap { Int(exactly: Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1)) }
    }
  }
}

/// Reads bytes from front to end, and never beyond.
struct ByteCursor: Sendable {
  private let bytes: ArraySlice<UInt8>
  private(set) var place: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  var left: Int { bytes.endIndex - place }

  mutating func byte() -> UInt8? {
    guard left > 0 else { return nil }
    defer { place += 1 }
    return bytes[place]
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= left else { return nil }
    defer { place += count }
    return bytes[place..<place + count]
  }

  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = byte() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  mutating func littleEndian<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type) -> Value? {
    guard let bytes = take(Value.bitWidth / 8) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | Value($1) }
  }
}
