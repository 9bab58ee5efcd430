extension JSON {
  /// This value as PostgreSQL writes it when a `jsonb` becomes text: keys by their length, then by their bytes; numbers as
  /// decimals without an exponent; a blank after each comma and colon.
  public var databaseText: [UInt8] {
    var bytes: [UInt8] = []
    writeDatabaseText(into: &bytes)
    return bytes
  }

  private func writeDatabaseText(into bytes: inout [UInt8]) {
    switch self {
    case .double(let value): bytes.append(contentsOf: (value == 0 ? "0.0" : value.decimalText).utf8)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        value.writeDatabaseText(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.sorted(by: Self.isStoredBefore).enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        Self.write(member.key, into: &bytes)
        bytes.append(contentsOf: ": ".utf8)
        member.value.writeDatabaseText(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .null, .bool, .int, .string: bytes.append(contentsOf: text.utf8)
    }
  }

  private static func isStoredBefore(_ left: JSONObject.Member, _ right: JSONObject.Member) -> Bool {
    let (a, b) = (left.key.utf8, right.key.utf8)
    return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
  }
}

extension Double {
  /// The shortest decimal that reads back as this number, without an exponent: `0.0000001`, `10000000000000000`, `1.0`.
  var decimalText: String {
    let text = pythonText
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else { return text }
    let digits = text[..<mark].filter(\.isNumber)
    let sign = self < 0 ? "-" : ""
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    return sign + digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
  }
}
