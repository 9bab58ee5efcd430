/// The length of a candle: a whole number of seconds, minutes, hours or days, spelled `1s`, `5m`, `1h`, `1d`.
public struct Granularity: Sendable, Hashable, CustomStringConvertible {
  public var text: String
  /// At least 1.
  public var seconds: Int

  /// Ten years: longer ones are nobody's, and times that they are added to must stay in their range.
  private static let longest = 3_650 * 86_400

  /// nil when the text is not a positive number and a unit.
  public init?(_ text: String) {
    guard let unit = text.last, let count = Int(text.dropLast()), (1...Self.longest).contains(count) else { return nil }
    switch unit {
    case "s": seconds = count
    case "m": seconds = count * 60
    case "h": seconds = count * 3_600
    case "d": seconds = count * 86_400
    default: return nil
    }
    guard seconds <= Self.longest else { return nil }
    self.text = text
  }

  /// A number of seconds, in the largest unit that says it without a fraction.
  public init(seconds: Int) {
    self.seconds = seconds
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")]
    let unit = units.first { seconds % $0.0 == 0 } ?? (1, "s")
    text = "\(seconds / unit.0)\(unit.1)"
  }

  public var description: String { text }
}
