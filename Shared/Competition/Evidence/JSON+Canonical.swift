extension JSON {
  /// The one text of this value that hashes are made of, as the original's `json.dumps(sort_keys=True, ensure_ascii=True)`
  /// without blanks writes it: keys sorted by code point at every level, everything beyond ASCII as `\uXXXX` (surrogate
  /// pairs where needed), reals in their shortest form as Python spells it (`1.0`, `1e-07`, `1e+16`).
  ///
  /// `null` stands for numbers that are not finite; the domain's checks see to it that none is hashed.
  public var canonicalText: String {
    var bytes: [UInt8] = []
    writeCanonical(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func writeCanonical(into bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): bytes.append(contentsOf: String(value).utf8)
    case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.pythonText : "null").utf8)
    case .string(let value): Self.writeASCII(value, into: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.writeCanonical(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.sorted(by: Self.precedes).enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.writeASCII(member.key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.writeCanonical(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// By code point; Swift's own order of texts looks at what they mean.
  private static func precedes(_ left: JSONObject.Member, _ right: JSONObject.Member) -> Bool {
    left.key.unicodeScalars.lexicographicallyPrecedes(right.key.unicodeScalars)
  }

  private static func writeASCII(_ text: String, into bytes: inout [UInt8]) {
    guard text.utf8.contains(where: { $0 >= 0x7F }) else { return write(text, into: &bytes) }
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      if scalar.value < 0x7F {
        writeEscaped(UInt8(scalar.value), into: &bytes)
      } else {
        for unit in UTF16.encode(scalar) ?? .init() { writeEscaped(unit: unit, into: &bytes) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func writeEscaped(unit: UInt16, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: "\\u".utf8)
    for shift in [12, 8, 4, 0] { bytes.append(hexadecimal[Int(unit >> UInt16(shift) & 15)]) }
  }
}
