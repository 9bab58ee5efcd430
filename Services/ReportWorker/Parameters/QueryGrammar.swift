import Competition

/// How the values of query parameters are spelled: the grammar of the original's validation.
enum QueryGrammar {
  /// An optional sign and digits, blanks around them, and a fraction of zeros (`5.0`). One that does not fit into 64 bits
  /// becomes the largest or smallest there is.
  static func integer(_ text: String) -> Int? {
    var digits = Substring(text).trimmed
    if let point = digits.firstIndex(of: ".") {
      let fraction = digits[digits.index(after: point)...]
      guard !fraction.isEmpty, fraction.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
      digits = digits[..<point]
    }
    let isNegative = digits.first == "-"
    let magnitude = digits.first == "-" || digits.first == "+" ? digits.dropFirst() : digits
    guard !magnitude.isEmpty, magnitude.utf8.allSatisfy(\.isDigit) else { return nil }
    return Int(digits) ?? (isNegative ? Int.min : Int.max)
  }

  static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "on", "t", "y", "yes": true
    case "false", "0", "off", "f", "n", "no": false
    default: nil
    }
  }

  /// A date, a date with a time, or a unix time in seconds (beyond 2·10¹⁰ in milliseconds).
  static func timestamp(_ text: String) -> Timestamp? { Timestamp(iso8601: text) ?? unixTime(text) }

  /// Texts with commas in them, blanks around ids and empty ids dropped.
  static func projectIDs(_ values: [String]) -> [String] {
    let pieces = values.flatMap { $0.split(separator: ",") }.map { $0.trimmed }
    return pieces.filter { !$0.isEmpty }.map { String($0) }
  }

  private static func unixTime(_ text: String) -> Timestamp? {
    let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : Substring(text)
    let power = unsigned.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    if power.count > 1 {
      let digits = power[1].first == "-" || power[1].first == "+" ? power[1].dropFirst() : power[1]
      guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit) else { return nil }
    }
    let parts = power[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }), unsigned.utf8.count <= 40,
      let number = Double(text)
    else { return nil }
    // The years 1 to 9999, in milliseconds.
    guard (-62_135_596_800_000.0...253_402_300_799_999.0).contains(number) else { return nil }
    let seconds = abs(number) <= 2e10 ? number : number / 1_000
    return Timestamp(seconds: 0).adding(seconds: seconds)
  }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

extension Substring {
  /// Without blanks at both ends.
  var trimmed: Substring {
    var text = self
    while let first = text.first, first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return text
  }
}
