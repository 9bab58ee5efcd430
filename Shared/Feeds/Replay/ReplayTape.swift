import Competition

/// A recorded feed in order of time, all subjects together, to be played as fast as its listeners can (`FEED_OPT_SPEED=max`).
/// Records keep their times, and are taken in when they became known: the same tape makes the same records whenever it is played.
public struct ReplayTape: Sendable {
  /// Ascending by the time at which they became known, then by subject.
  private let records: [FeedRecord]
  private var position = 0

  /// Whether these options ask for it.
  public static func isAsked(_ options: [String: String]) -> Bool { options["speed"]?.lowercased() == "max" }

  /// - Parameter options: `FEED_OPT_<NAME>` by lower-case name: `path`; `from` and `to`, the span of event times that is
  ///   played; `anchor`, a time to which the first record is moved, and the others with it.
  /// - Throws: `FeedError` that names the option which is wrong.
  public init(_ options: [String: String], keys: [FeedKey]) throws {
    let options = FeedOptions(options)
    guard let path = options.text("path") else {
      throw FeedError("FEED_OPT_PATH is missing; expected a file of candles or ticks", isTransient: false)
    }
    let series = try ReplaySeries(path: path, defaultSubject: options.text("subject"))
    let from = try options.time("from")
    let to = try options.time("to")
    var played: [(key: FeedKey, row: ReplaySeries.Row)] = []
    for key in keys {
      if let told = series.granularity, told != key.granularity {
        throw FeedError("FEED_GRANULARITY is \(key.granularity); the file has \(told)", isTransient: false)
      }
      guard let rows = series.rows[key.subject] else {
        throw FeedError(
          "FEED_SUBJECTS has \(key.subject); the file has \(series.rows.keys.sorted().joined(separator: ", "))",
          isTransient: false)
      }
      for row in rows where from.map({ row.time >= $0 }) ?? true && to.map({ row.time < $0 }) ?? true {
        played.append((key, row))
      }
    }
    guard let first = played.map(\.row.time).min() else {
      throw FeedError("\(path) has no records between FEED_OPT_FROM and FEED_OPT_TO", isTransient: false)
    }
    let shift = try options.time("anchor").map { $0.microseconds - first.microseconds } ?? 0
    records = played.map { Self.record($0.row, $0.key, shift) }.sorted {
      ($0.knownTime, $0.key.subject) < ($1.knownTime, $1.key.subject)
    }
  }

  public var count: Int { records.count }
  public var isOver: Bool { position == records.count }

  /// Leaves out what was taken in before: all records of a feed up to its watermark.
  public mutating func resume(after watermarks: [FeedKey: Timestamp]) {
    position =
      records.firstIndex { record in watermarks[record.key].map { record.eventTime > $0 } ?? true } ?? records.count
  }

  /// The next records, at most so many.
  public mutating func next(_ count: Int) -> [FeedRecord] {
    let page = records[position..<min(position + count, records.count)]
    position = page.endIndex
    return Array(page)
  }

  private static func record(_ row: ReplaySeries.Row, _ key: FeedKey, _ shift: Int64) -> FeedRecord {
    var record = FeedRecord(
      key: key, eventTime: Timestamp(microseconds: row.time.microseconds + shift), ingestedTime: row.time,
      values: row.values, meta: [FeedRecord.closedMetaKey: true])
    if key.kind == .tick { record.values["price"] = record.values["price"] ?? record.values["close"] }
    if shift != 0 { record.meta["replayed_ts"] = .string(row.time.iso8601(.z)) }
    record.ingestedTime = record.knownTime
    return record
  }
}

extension FeedOptions {
  /// A moment as ISO 8601.
  func time(_ name: String) throws -> Timestamp? {
    guard let text = text(name) else { return nil }
    guard let time = Timestamp(iso8601: text) else { throw wrong(name, text, "a time as 2026-02-13T12:00:00Z") }
    return time
  }
}
