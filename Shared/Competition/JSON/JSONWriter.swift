extension JSON {
  /// The compact UTF-8 text of this value.
  /// - Throws: `JSONError` when a number is not finite; the offset is where it would have stood.
  public func encoded() throws(JSONError) -> [UInt8] {
    var bytes: [UInt8] = []
    try write(into: &bytes)
    return bytes
  }

  /// The compact text of this value; `null` stands for numbers that are not finite.
  public var text: String {
    var bytes: [UInt8] = []
    write(into: &bytes, nonFinite: { $0.append(contentsOf: "null".utf8) })
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the compact UTF-8 text of this value.
  /// - Throws: `JSONError` when a number is not finite.
  public func write(into bytes: inout [UInt8]) throws(JSONError) {
    var bad: Int?
    write(into: &bytes, nonFinite: { bad = bad ?? $0.count })
    if let bad { throw JSONError(reason: "a number is not finite", offset: bad) }
  }

  private func write(into bytes: inout [UInt8], nonFinite: (inout [UInt8]) -> Void) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): bytes.append(contentsOf: String(value).utf8)
    case .double(let value):
      if value.isFinite { bytes.append(contentsOf: value.pythonText.utf8) } else { nonFinite(&bytes) }
    case .string(let value): Self.write(value, into: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(into: &bytes, nonFinite: nonFinite)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(into: &bytes, nonFinite: nonFinite)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  static let hexadecimal = Array("0123456789abcdef".utf8)

  static func write(_ text: String, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    // Nearly every text is free of what must be escaped, and then goes in one piece.
    if text.utf8.contains(where: mustBeEscaped) {
      for byte in text.utf8 { writeEscaped(byte, into: &bytes) }
    } else {
      bytes.append(contentsOf: text.utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  static func writeEscaped(_ byte: UInt8, into bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0x08: bytes.append(contentsOf: "\\b".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    case 0x0A: bytes.append(contentsOf: "\\n".utf8)
    case 0x0C: bytes.append(contentsOf: "\\f".utf8)
    case 0x0D: bytes.append(contentsOf: "\\r".utf8)
    case 0..<0x20:
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(hexadecimal[Int(byte >> 4)])
      bytes.append(hexadecimal[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
}

extension Double {
  /// The shortest text that reads back as this number, spelled as Python does: `1.0`, `1e-07`, `1e+16`.
  public var pythonText: String {
    let text = description  // shortest digits as well; only how great numbers are spelled differs
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    guard magnitude >= 1e15 else { return text }
    guard let mark = text.firstIndex(of: "e") else {
      return magnitude >= 1e16 ? exponential(digitsOf: text) : text
    }
    let exponent = Int(text[text.index(after: mark)...]) ?? 0
    guard exponent >= 16 else { return positional(digitsOf: text[..<mark], exponent: exponent) }
    var mantissa = text[..<mark]
    if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
    return "\(mantissa)e+\(exponent)"
  }

  /// Swift writes 9.1e15 with an exponent, Python from 1e16 on only.
  private func positional(digitsOf mantissa: Substring, exponent: Int) -> String {
    let digits = mantissa.filter(\.isNumber)
    let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
    return "\(self < 0 ? "-" : "")\(digits)\(zeros).0"
  }

  /// Swift writes 1e16 with all its digits, Python with an exponent.
  private func exponential(digitsOf text: String) -> String {
    let sign = self < 0 ? "-" : ""
    var digits = text.drop { $0 == "-" }
    if digits.hasSuffix(".0") { digits = digits.dropLast(2) }
    let exponent = digits.count - 1
    var significant = digits
    while significant.count > 1, significant.hasSuffix("0") { significant = significant.dropLast() }
    let fraction = significant.dropFirst()
    return "\(sign)\(significant.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e+\(exponent)"
  }
}
