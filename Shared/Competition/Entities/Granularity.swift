/// The length of a candle: a whole number of seconds, minutes, hours or days, spelled `1s`, `5m`, `1h`, `1d`.
public struct Granularity: Sendable, Hashable, CustomStringConvertible {
  public var text: String
  /// At least 1.
  public var seconds: Int

  /// nil when the text is not a positive number and a unit.
  public init?(_ text: String) {
    guard let unit = text.last, let count = Int(text.dropLast()), count > 0 else { return nil }
    switch unit {
    case "s": seconds = count
    case "m": seconds = count * 60
    case "h": seconds = count * 3_600
    case "d": seconds = count * 86_400
    default: return nil
    }
    self.text = text
  }

  public var description: String { text }
}
