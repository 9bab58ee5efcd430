import Competition

public struct FeedWorkerSettings: Sendable {
  public var feed: FeedSettings
  public var dataDirectory: String
  public var backfillConcurrency: Int
  public var backfillRequestsPerSecond: Double
  /// Longer candles that are made of the feed.
  public var derivedGranularities: [Granularity]
  /// How long after its end a candle of them waits for what is late, by the feed's own time.
  public var lateSeconds: Int
  /// How long a longer candle that is over waits for what may be missing of it.
  public var graceSeconds: Int

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    dataDirectory = reader.value(.backfillDirectory)
    backfillConcurrency = reader.value(
      .integer("BACKFILL_CONCURRENCY", default: 4, in: 1...64, "Backfill jobs that one worker does at the same time."))
    backfillRequestsPerSecond = reader.value(
      .number(
        "BACKFILL_REQUESTS_PER_SECOND", default: 5, atLeast: 0.01, atMost: 10_000,
        "How often a provider is asked for history, all jobs together."))
    let texts = reader.value(
      .list(
        "FEED_DERIVED_GRANULARITIES", default: [], example: "5m,1h",
        "Longer candles that the feed worker makes of its candles or ticks and stores beside them."))
    derivedGranularities = texts.compactMap { Granularity($0) }
    if derivedGranularities.count < texts.count {
      reader.refuse(
        "FEED_DERIVED_GRANULARITIES", value: texts.joined(separator: ","),
        expected: "positive numbers with s, m, h or d, separated by commas", example: "5m,1h")
    }
    lateSeconds = reader.value(
      .integer(
        "FEED_LATE_SECONDS", default: 5, in: 0...3_600,
        "How long after its end a longer candle waits for late ticks or missing candles, by the feed's own time."))
    graceSeconds = reader.graceSeconds()
  }
}
