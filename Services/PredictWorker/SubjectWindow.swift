import Competition

/// The newest records of one feed, ascending by time, at most `capacity` of them. A record that comes again, such as a
/// forming candle, takes the place of its earlier values.
struct SubjectWindow: Sendable {
  private(set) var records: [FeedRecord] = []
  let capacity: Int
  /// When the newest closed record that was looked at for due configs became known; later ones are news.
  private(set) var handledUntil: Timestamp?

  init(capacity: Int) { self.capacity = capacity }

  /// Puts a record in its place and says whether that changed the window. A forming candle never replaces a closed one.
  mutating func insert(_ record: FeedRecord) -> Bool {
    let index = records.lastIndex { $0.eventTime <= record.eventTime }
    if let index, records[index].eventTime == record.eventTime {
      let known = records[index]
      if known.isClosed, !record.isClosed || known.values == record.values { return false }
      records[index] = record
    } else {
      if index == nil, records.count == capacity { return false }
      records.insert(record, at: index.map { $0 + 1 } ?? 0)
    }
    if records.count > capacity { records.removeFirst(records.count - capacity) }
    return true
  }

  /// Whether this record is news: closed, and known later than every one before. Says so once per record.
  mutating func isNews(_ record: FeedRecord) -> Bool {
    guard record.isClosed, handledUntil.map({ record.knownTime > $0 }) ?? true else { return false }
    handledUntil = record.knownTime
    return true
  }
}
