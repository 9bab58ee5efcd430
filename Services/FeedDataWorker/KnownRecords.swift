import Competition

/// The records of a feed that were taken in lately, each in little room.
struct KnownRecords: Sendable {
  /// Records that are kept in mind, at most.
  static let most = 8_000

  private struct Seen: Sendable, Equatable {
    let valuesHash: Int
    let isClosed: Bool

    init(_ record: FeedRecord) {
      valuesHash = record.values.hashValue
      isClosed = record.isClosed
    }
  }

  private var seen: [Timestamp: Seen] = [:]

  var times: some Collection<Timestamp> { seen.keys }

  /// Takes a record in.
  /// - Returns: whether it was not known yet, or has changed. A closed candle does not open again.
  mutating func take(_ record: FeedRecord) -> Bool {
    let present = Seen(record)
    if let last = seen[record.eventTime], last == present || (last.isClosed && !present.isClosed) { return false }
    seen[record.eventTime] = present
    if seen.count > Self.most { forgetOld() }
    return true
  }

  private mutating func forgetOld() {
    for time in seen.keys.sorted().prefix(Self.most / 2) { seen[time] = nil }
  }
}
