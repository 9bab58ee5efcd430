import Competition

/// The feed, as in the original.
public struct FeedSettings: Sendable {
  /// Which provider is made.
  public var provider: String
  /// The source that records carry.
  public var source: String
  public var subjects: [String]
  public var kind: FeedKind
  public var granularity: Granularity
  public var pollSeconds: Double
  /// Seconds without a word after which a stream is opened again, and without a new record the feed is not ready.
  public var silenceSeconds: Double
  /// A price further than this from the one before is a finding, as a part of it.
  public var outlierFraction: Double
  public var backfillMinutes: Int
  public var windowRecords: Int
  public var recordTTLDays: Int
  public var retentionCheckSeconds: Int
  /// `FEED_OPT_<NAME>` by lower-case name.
  public var options: [String: String]

  public init(_ reader: inout SettingsReader) {
    let named = reader.value(
      .optionalText(
        "FEED_PROVIDER", example: "binance",
        "Which provider is made: binance, exec:PROGRAM ARGUMENTS, pyth or replay; without it FEED_SOURCE.")
    )
    let origin = reader.value(
      .text(
        "FEED_SOURCE", aliases: ["FEED_PROVIDER"], default: "pyth", example: "binance",
        "The source that records carry; exec for exec:PROGRAM ARGUMENTS.")
    )
    source = Self.name(origin)
    provider = Self.name(named ?? origin)
    let command = Self.command(named ?? origin)
    let apiKey = reader.value(
      .optionalText(
        "FEED_API_KEY", aliases: ["FEED_OPT_API_KEY"], example: "a key", isSecret: true,
        "Key that the provider wants to be shown; Pyth's Hermes does."))
    subjects = reader.value(
      .list("FEED_SUBJECTS", aliases: ["FEED_ASSETS"], default: ["BTC"], example: "BTC,ETH", "What the feed is about."))
    kind = FeedKind(
      rawValue: reader.value(
        .text("FEED_KIND", default: "tick", example: "candle", "tick or candle; some providers know more.")
      ).lowercased())
    let text = reader.value(
      .text("FEED_GRANULARITY", default: "1s", example: "1m", "Length of a candle: a number and s, m, h or d."))
    if let parsed = Granularity(text) {
      granularity = parsed
    } else {
      reader.refuse("FEED_GRANULARITY", value: text, expected: "a positive number and s, m, h or d", example: "1m")
      granularity = Granularity(seconds: 1)
    }
    pollSeconds = reader.value(
      .number(
        "FEED_POLL_SECONDS", aliases: ["FEED_OPT_POLL_SECONDS"], default: 5, atLeast: 0.05, "Pause between two polls."))
    silenceSeconds = reader.value(
      .number(
        "FEED_SILENCE_SECONDS", default: 60, atLeast: 1,
        "Silence after which a stream is opened again; records older by two granularities make the worker not ready."))
    outlierFraction = reader.value(
      .number(
        "FEED_OUTLIER_FRACTION", default: 0.1, atLeast: 0, atMost: 1_000_000,
        "How far a price may be from the one before until that is noted as a finding: 0.1 is a tenth."))
    backfillMinutes = reader.value(
      .integer("FEED_BACKFILL_MINUTES", default: 180, in: 1...5_256_000, "How far back the first fetch goes."))
    windowRecords = reader.value(
      .integer("FEED_CANDLES_WINDOW", default: 120, in: 1...10_000, "Records in the window that models see."))
    recordTTLDays = reader.value(
      .integer(
        "FEED_RECORD_TTL_DAYS", aliases: ["MARKET_RECORD_TTL_DAYS"], default: 90, in: 1...36_500,
        "Days that feed records are kept."))
    retentionCheckSeconds = reader.value(
      .integer(
        "FEED_RETENTION_CHECK_SECONDS", aliases: ["MARKET_RETENTION_CHECK_SECONDS"], default: 3_600, in: 30...86_400,
        "Seconds between two looks for records that are too old."))
    var options: [String: String] = [:]
    for (name, value) in reader.environment where name.hasPrefix("FEED_OPT_") && name != "FEED_OPT_" {
      options[name.dropFirst("FEED_OPT_".count).lowercased()] = value
    }
    options["api_key"] = apiKey
    if let command { options["command"] = command }
    self.options = options
    if subjects.isEmpty {
      reader.refuse("FEED_SUBJECTS", value: "", expected: "at least one subject", example: "BTC,ETH")
      subjects = ["BTC"]
    }
  }

  private static let execPrefix = "exec:"

  /// `exec` of `exec:python3 prices.py`, else the text in lower case.
  private static func name(_ text: String) -> String {
    command(text) == nil ? text.trimmed.lowercased() : "exec"
  }

  /// `python3 prices.py` of `exec:python3 prices.py`; nil: none is named.
  private static func command(_ text: String) -> String? {
    guard text.trimmed.lowercased().hasPrefix(execPrefix) else { return nil }
    return text.trimmed.dropFirst(execPrefix.count).trimmed
  }
  /// Whether a recorded feed is played as fast as its listeners can (`FEED_OPT_SPEED=max`): then the time of its records is the
  /// clock of all that follows from them.
  public var isTape: Bool { provider == "replay" && options["speed"]?.lowercased() == "max" }

  /// The feeds of all subjects.
  public var keys: [FeedKey] {
    subjects.map { FeedKey(source: source, subject: $0, kind: kind, granularity: granularity.text) }
  }
}
