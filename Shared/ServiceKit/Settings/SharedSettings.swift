// Variables that several processes read, each the same.

extension Setting where Value == Int {
  static let scoreInterval = integer(
    "SCORE_INTERVAL_SECONDS", default: 60, in: 1...86_400, "Length of the buckets of time that snapshots aggregate.")
}

extension Setting where Value == String {
  static let backfillDirectory = text(
    "BACKFILL_DATA_DIR", default: "data/backfill", example: "/var/lib/coordinator/backfill",
    "Folder with Parquet files of histories, which feed-data-worker writes and report-worker serves.")
}

extension Setting where Value == String? {
  static let crunchPubkey = optionalText(
    "CRUNCH_PUBKEY", example: "9xQe…", "The competition's key on the chain; without it the contract's.")
}

extension SettingsReader {
  /// Seconds for which a gap in a feed may still be filled.
  public mutating func graceSeconds() -> Int {
    value(
      .integer(
        "GROUND_TRUTH_GRACE_SECONDS", default: 300, in: 0...86_400,
        "How long a gap in the feed may be repaired before an older record stands in."))
  }
}
