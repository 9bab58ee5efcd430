import Competition

/// What providers write into their answers. Nothing here trusts a number: it may be a text, too large, or no number at all.
extension JSON {
  /// A finite number, or a text that spells one.
  var amount: Double? {
    switch self {
    case .bool: nil
    default: floatValue.flatMap { $0.isFinite ? $0 : nil }
    }
  }

  /// A finite number above 0, or a text that spells one.
  var price: Double? { amount.flatMap { $0 > 0 ? $0 : nil } }

  /// Milliseconds since 1970, up to the year 9999.
  var epochMilliseconds: Timestamp? {
    wholeNumber.flatMap { Self.epoch.contains($0 / 1_000) && $0 >= 0 ? Timestamp(milliseconds: $0) : nil }
  }

  /// Seconds since 1970, up to the year 9999.
  var epochSeconds: Timestamp? {
    wholeNumber.flatMap { Self.epoch.contains($0) ? Timestamp(seconds: $0) : nil }
  }

  /// An integer, or a text that spells one.
  var wholeNumber: Int64? { int ?? string.flatMap { Int64($0) } }

  private static let epoch: Range<Int64> = 0..<253_402_300_800
}
