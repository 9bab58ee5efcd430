import Competition

/// The providers by name.
public enum FeedRegistry {
  public static let names = ["binance", "pyth", "replay"]

  /// - Parameters:
  ///   - options: `FEED_OPT_<NAME>` by lower-case name.
  ///   - backfillSeconds: how far back a feed without a past is to begin.
  /// - Throws: `FeedError` that names the known providers, or the option that is wrong.
  public static func provider(
    named name: String, options: [String: String], backfillSeconds: Int
  ) throws -> any FeedProvider {
    switch name {
    case "binance": try BinanceProvider(FeedOptions(options))
    case "pyth": try PythProvider(FeedOptions(options))
    case "replay": try ReplayProvider(FeedOptions(options), backfillSeconds: backfillSeconds)
    default:
      throw FeedError(
        "FEED_PROVIDER \"\(name)\" is not known; known are \(names.joined(separator: ", "))", isTransient: false)
    }
  }
}

/// Options of a provider, typed.
public struct FeedOptions: Sendable {
  let values: [String: String]
  public init(_ values: [String: String]) { self.values = values }

  func text(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } }

  func number(_ name: String, default fallback: Double, atLeast minimum: Double) throws -> Double {
    guard let text = text(name) else { return fallback }
    guard let value = Double(text), value.isFinite, value >= minimum else {
      throw wrong(name, text, "a number of at least \(minimum)")
    }
    return value
  }

  func flag(_ name: String, default fallback: Bool) throws -> Bool {
    guard let text = text(name) else { return fallback }
    switch text.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off": return false
    default: throw wrong(name, text, "true or false")
    }
  }

  /// A URL without the slash at its end.
  func url(_ names: String..., default fallback: String) -> String {
    var url = names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } ?? fallback
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }

  func wrong(_ name: String, _ value: String, _ expected: String) -> FeedError {
    FeedError("FEED_OPT_\(name.uppercased()) is \"\(value)\"; expected \(expected)", isTransient: false)
  }
}
