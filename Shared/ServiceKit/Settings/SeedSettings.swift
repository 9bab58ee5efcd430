import Competition

/// What `coordinator db init` reads.
public struct SeedSettings: Sendable {
  public var contract: CrunchContract
  public var path: String?
  public var feed: FeedSettings

  public init(_ reader: inout SettingsReader) {
    contract = reader.contract()
    path = reader.value(
      .optionalText(
        "SCHEDULED_PREDICTION_CONFIGS_PATH", example: "configs.json",
        "JSON list of prediction configs; without it the contract's schedules, else one config on BTC every minute."))
    feed = FeedSettings(&reader)
  }
}
