/// One environment variable: what it is called, what it means, and how its text becomes a value.
public struct Setting<Value: Sendable>: Sendable {
  public let name: String
  /// Older names, looked at in order when the variable is not set.
  public let aliases: [String]
  public let fallback: Value
  /// The fallback as people write it.
  public let fallbackText: String
  /// What a value must be, as in "a whole number of at least 1".
  public let expected: String
  public let example: String
  public let summary: String
  public let isSecret: Bool
  let parse: @Sendable (String) -> Value?
}

extension Setting where Value == String {
  public static func text(
    _ name: String, aliases: [String] = [], default fallback: String, example: String, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: aliases, fallback: fallback, fallbackText: fallback, expected: "a text", example: example,
      summary: summary, isSecret: false, parse: { $0 })
  }

  /// One of a few words.
  public static func choice(
    _ name: String, of words: [String], default fallback: String, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: [], fallback: fallback, fallbackText: fallback,
      expected: "one of " + words.joined(separator: ", "), example: words.first ?? "", summary: summary,
      isSecret: false, parse: { words.contains($0.lowercased()) ? $0.lowercased() : nil })
  }
}

extension Setting where Value == String? {
  /// A text that may be missing. An empty one counts as missing.
  public static func optionalText(
    _ name: String, aliases: [String] = [], example: String, isSecret: Bool = false, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: aliases, fallback: nil, fallbackText: "", expected: "a text", example: example,
      summary: summary, isSecret: isSecret, parse: { .some($0.isEmpty ? nil : $0) })
  }
}

extension Setting where Value == [FailPoint: FailPoint.Rule] {
  static let failPoints = Setting(
    name: "FAIL_POINTS", aliases: [], fallback: [:], fallbackText: "",
    expected: "point=action, point=action@visit or point=action%probability, separated by semicolons",
    example: "score.before-commit=kill@3",
    summary: "Faults to inject, for trials: "
      + FailPoint.allCases.map(\.rawValue).joined(separator: ", ") + "; kill, freeze, raise or delay:5ms.",
    isSecret: false, parse: FailPoint.rules)
}

extension Setting where Value == [String] {
  public static func list(
    _ name: String, aliases: [String] = [], default fallback: [String], example: String, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: aliases, fallback: fallback, fallbackText: fallback.joined(separator: ","),
      expected: "a list with commas", example: example, summary: summary, isSecret: false,
      parse: { text in
        text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
      })
  }
}

extension Setting where Value == Int {
  public static func integer(
    _ name: String, aliases: [String] = [], default fallback: Int, in range: ClosedRange<Int>, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: aliases, fallback: fallback, fallbackText: String(fallback),
      expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", example: String(fallback),
      summary: summary, isSecret: false,
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } })
  }
}

extension Setting where Value == Double {
  /// Every number has a largest value, so that what is made of it, as a time or a size, stays in its range.
  public static func number(
    _ name: String, aliases: [String] = [], default fallback: Double, atLeast minimum: Double,
    atMost maximum: Double = SettingSpan.longestSeconds, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: aliases, fallback: fallback, fallbackText: fallback.asSetting,
      expected: (minimum...maximum).asExpected, example: fallback.asSetting, summary: summary, isSecret: false,
      parse: { Double($0).flatMap { (minimum...maximum).contains($0) ? $0 : nil } })
  }
}

extension Setting where Value == Double? {
  public static func optionalNumber(
    _ name: String, atLeast minimum: Double, atMost maximum: Double = SettingSpan.longestSeconds, example: String,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: [], fallback: nil, fallbackText: "", expected: (minimum...maximum).asExpected,
      example: example, summary: summary, isSecret: false,
      parse: { text in Double(text).flatMap { (minimum...maximum).contains($0) ? .some($0) : nil } })
  }
}

/// Spans of time that people write as seconds: in variables, and after options of commands.
public enum SettingSpan {
  /// Ten years: longer ones are nobody's, and times that they are added to stay in their range.
  public static let longestSeconds = 315_360_000.0
}

extension Setting where Value == Int? {
  public static func optionalInteger(
    _ name: String, in range: ClosedRange<Int>, example: String, _ summary: String
  ) -> Setting {
    Setting(
      name: name, aliases: [], fallback: nil, fallbackText: "",
      expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", example: example, summary: summary,
      isSecret: false, parse: { text in Int(text).flatMap { range.contains($0) ? .some($0) : nil } })
  }
}

extension Setting where Value == Bool {
  public static func flag(_ name: String, default fallback: Bool, _ summary: String) -> Setting {
    Setting(
      name: name, aliases: [], fallback: fallback, fallbackText: fallback ? "true" : "false",
      expected: "true or false", example: "true", summary: summary, isSecret: false,
      parse: {
        switch $0.lowercased() {
        case "true", "1", "yes", "on": true
        case "false", "0", "no", "off": false
        default: nil
        }
      })
  }
}

extension ClosedRange<Double> {
  fileprivate var asExpected: String { "a number from \(lowerBound.asSetting) to \(upperBound.asSetting)" }
}

extension Double {
  /// Without `.0` where it is whole.
  var asSetting: String { Int(exactly: self).map(String.init) ?? description }
}

extension StringProtocol {
  /// Without blanks at both ends.
  public var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
