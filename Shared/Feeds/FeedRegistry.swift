import Competition

/// The providers by name.
public enum FeedRegistry {
  /// Makes a provider of options and of how many seconds back a feed without a past is to begin.
  typealias Make = @Sendable (FeedOptions, Int) throws -> any FeedProvider

  private static let makers: [String: Make] = [
    "binance": { options, _ in try BinanceProvider(options) },
    "exec": { options, _ in try ExecProvider(options) },
    "pyth": { options, _ in try PythProvider(options) },
    "replay": { options, seconds in try ReplayProvider(options, backfillSeconds: seconds) },
  ]

  public static let names: [String] = makers.keys.sorted()
  /// Those that can be asked for a span of the past.
  public static let askable: [String] = names.filter { $0 != "exec" }

  /// - Parameters:
  ///   - options: `FEED_OPT_<NAME>` by lower-case name.
  ///   - backfillSeconds: how far back a feed without a past is to begin.
  /// - Throws: `FeedError` that names the known providers, or the option that is wrong.
  public static func provider(
    named name: String, options: [String: String], backfillSeconds: Int
  ) throws -> any FeedProvider {
    guard let make = makers[name] else {
      throw FeedError(
        "FEED_PROVIDER \"\(name)\" is not known; known are \(names.joined(separator: ", "))", isTransient: false)
    }
    return try make(FeedOptions(options), backfillSeconds)
  }
}

/// Options of a provider, typed.
public struct FeedOptions: Sendable {
  let values: [String: String]
  public init(_ values: [String: String]) { self.values = values }

  /// The first of these that is set; nil: none is.
  public func text(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } }

  /// No option is larger: what is made of it, as a time or a size, stays in its range.
  static let largest = 1e9

  /// - Throws: `FeedError` that names the variable.
  public func number(_ name: String, default fallback: Double, atLeast minimum: Double) throws -> Double {
    guard let text = text(name) else { return fallback }
    guard let value = Double(text), (minimum...Self.largest).contains(value) else {
      throw wrong(name, text, "a number from \(minimum) to \(Int(Self.largest))")
    }
    return value
  }

  /// - Throws: `FeedError` that names the variable.
  public func flag(_ name: String, default fallback: Bool) throws -> Bool {
    guard let text = text(name) else { return fallback }
    switch text.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off": return false
    default: throw wrong(name, text, "true or false")
    }
  }

  /// A URL without the slash at its end.
  public func url(_ names: String..., default fallback: String) -> String {
    var url = names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } ?? fallback
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }

  /// Why an option is refused.
  public func wrong(_ name: String, _ value: String, _ expected: String) -> FeedError {
    FeedError("FEED_OPT_\(name.uppercased()) is \"\(value)\"; expected \(expected)", isTransient: false)
  }
}
