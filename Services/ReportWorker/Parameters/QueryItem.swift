/// A name and a value of the part of an address behind `?`, decoded.
struct QueryItem: Sendable, Hashable {
  var name: String
  var value: String

  /// All items of a query in their order. A `+` is a blank; what is no UTF-8 becomes the replacement character.
  static func parse(_ query: Substring) -> [QueryItem] {
    query.split(separator: "&").map { piece in
      let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return QueryItem(
        name: String(parts[0]).percentDecoded(plusIsBlank: true),
        value: parts.count > 1 ? String(parts[1]).percentDecoded(plusIsBlank: true) : "")
    }
  }
}

extension String {
  /// Sequences that are no two hexadecimal digits stay as they are.
  func percentDecoded(plusIsBlank: Bool = false) -> String {
    let source = Array(utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
        let high = source[index + 1].hexDigit, let low = source[index + 2].hexDigit
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(plusIsBlank && source[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : source[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Everything but unreserved characters as `%XX`.
  var percentEncoded: String {
    var text = ""
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return text
  }

  /// NUL has no place in a text of PostgreSQL: nothing that is stored can be equal to a text with one.
  var hasNUL: Bool { utf8.contains(0) }
}

extension UInt8 {
  fileprivate var hexDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
