import Competition

/// Where a page of rows that are ordered by a moment ended: the next one goes on behind it.
public struct ReportCursor: Sendable, Hashable {
  public var time: Timestamp
  public var id: String

  public init(time: Timestamp, id: String) {
    self.time = time
    self.id = id
  }

  /// Reads `{microseconds since 1970}.{id}`; nil for another text.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    // Up to the year 9999, as PostgreSQL's range ends soon after what 18 digits say.
    guard parts.count == 2, let microseconds = Int64(parts[0]), microseconds.magnitude < 253_402_300_800_000_000 else {
      return nil
    }
    self.init(time: Timestamp(microseconds: max(microseconds, -62_135_596_800_000_000)), id: String(parts[1]))
  }

  public var text: String { "\(time.microseconds).\(id)" }
}
