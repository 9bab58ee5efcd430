import Zlib

/// How a page is compressed, by the format's number.
enum ParquetCodec: Int, Sendable {
  case none = 0
  case snappy = 1
  case gzip = 2

  /// - Returns: nil when it does not become exactly so many bytes.
  func expand(_ compressed: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
    switch self {
    case .none: compressed.count == count ? Array(compressed) : nil
    case .snappy: Snappy.expand(compressed, count: count)
    case .gzip: Gzip.expand(compressed, count: count)
    }
  }
}

/// Google's format: pieces of the text, and copies of what was there before.
/// https://github.com/google/snappy/blob/main/format_description.txt
enum Snappy {
  /// - Returns: nil when it makes no sense, or does not become exactly so many bytes.
  static func expand(_ compressed: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
    var cursor = ByteCursor(compressed)
    guard let told = cursor.varint(), told == UInt64(count) else { return nil }
    var plain: [UInt8] = []
    while let tag = cursor.byte() {
      let upper = Int(tag >> 2)
      switch tag & 3 {
      case 0:
        var length = upper
        if upper >= 60 {
          guard let long = cursor.take(upper - 59) else { return nil }
          length = long.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        guard length < count - plain.count, let text = cursor.take(length + 1) else { return nil }
        plain += text
      case 1:
        guard let low = cursor.byte() else { return nil }
        guard copy((upper & 7) + 4, from: (upper >> 3) << 8 | Int(low), in: &plain, count) else { return nil }
      case let kind:
        guard let far = cursor.take(kind == 2 ? 2 : 4) else { return nil }
        let offset = far.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard copy(upper + 1, from: offset, in: &plain, count) else { return nil }
      }
    }
    return plain.count == count ? plain : nil
  }

  /// Copies what begins `offset` bytes before the end; it may reach into what it writes.
  private static func copy(_ length: Int, from offset: Int, in plain: inout [UInt8], _ count: Int) -> Bool {
    guard offset > 0, offset <= plain.count, length <= count - plain.count else { return false }
    for _ in 0..<length { plain.append(plain[plain.count - offset]) }
    return true
  }
}
