extension Thrift {
  /// The value in the compact protocol.
  var encoded: [UInt8] {
    var output: [UInt8] = []
    write(to: &output)
    return output
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    // In a structure the field's type is the value; elements of a list have a byte.
    case .flag(let isTrue): output.append(isTrue ? 1 : 2)
    case .byte(let value): output.append(value)
    case .int16(let value), .int32(let value), .int64(let value): output.append(varint: Self.zigzag(value))
    case .double(let bits): output.append(littleEndian: bits)
    case .bytes(let bytes):
      output.append(varint: UInt64(bytes.count))
      output += bytes
    case .list(let elements):
      let type = elements.first?.type ?? 12
      output.append(UInt8(min(elements.count, 15)) << 4 | type)
      if elements.count >= 15 { output.append(varint: UInt64(elements.count)) }
      for element in elements { element.write(to: &output) }
    case .structure(let fields):
      var last = 0
      for field in fields {
        let step = field.number - last
        last = field.number
        if (1...15).contains(step) {
          output.append(UInt8(step) << 4 | field.value.type)
        } else {
          output.append(field.value.type)
          output.append(varint: Self.zigzag(Int64(field.number)))
        }
        if case .flag = field.value { continue }
        field.value.write(to: &output)
      }
      output.append(0)
    }
  }

  private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
}

extension [UInt8] {
  /// Seven bits a byte, the lowest first.
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7F {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
