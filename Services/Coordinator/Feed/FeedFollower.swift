import Competition
import Store

/// Reads on in feeds: each record that comes, once, and again when it changed. It looks back a little from the newest of a feed,
/// for ticks that come late and candles that still form; what comes of long before, as a repair's, is not told.
struct FeedFollower: Sendable {
  let store: Store
  let filter: FeedFilter
  private var places: [FeedKey: Place] = [:]

  /// Records a page and feed.
  private static let pageSize = 1_000
  /// Records of a feed at the start that are known, at least.
  private static let leastKnown = 200
  /// How far behind the newest of its feed a tick may come.
  private static let lateSeconds = 30
  /// How many candles back one may still change.
  private static let formingCandles = 10
  /// All times that PostgreSQL and ISO 8601 both write.
  private static let always = Timestamp(seconds: -62_135_596_800)...Timestamp(seconds: 253_402_300_799)

  init(store: Store, filter: FeedFilter) {
    self.store = store
    self.filter = filter
  }

  /// The newest over all feeds, the oldest of them first; what comes is what was not there now.
  mutating func begin(count: Int) async throws -> [FeedRecord] {
    let limit = max(count, Self.leastKnown)
    var records: [FeedRecord] = []
    for key in try await keys() {
      let newest = try await store.feeds.newest(of: key, limit: limit)
      places[key] = Place(newest, floor: newest.count == limit ? newest[0].eventTime : Self.always.lowerBound)
      records += newest
    }
    return Array(Self.sorted(records).suffix(count))
  }

  /// What came or changed since the last time, ascending by time. A feed that is new is read from its first record.
  mutating func next() async throws -> [FeedRecord] {
    var records: [FeedRecord] = []
    for key in try await keys() {
      var place = places[key] ?? Place([], floor: Self.always.lowerBound)
      records += try await read(key, from: place.start(Self.span(of: key))).filter { place.takes($0) }
      place.forget(before: place.start(Self.span(of: key)))
      places[key] = place
    }
    return Self.sorted(records)
  }

  private func keys() async throws -> [FeedKey] {
    try await store.feeds.streams().map(\.key).filter(filter.includes)
  }

  private func read(_ key: FeedKey, from start: Timestamp) async throws -> [FeedRecord] {
    var records: [FeedRecord] = []
    var cursor = start
    while true {
      let page = try await store.feeds.records(
        of: key, from: cursor, through: Self.always.upperBound, limit: Self.pageSize)
      records += page
      guard let last = page.last, page.count == Self.pageSize else { return records }
      cursor = Timestamp(microseconds: last.eventTime.microseconds + 1)
    }
  }

  private static func span(of key: FeedKey) -> Int {
    let step = key.kind == .candle ? Granularity(key.granularity)?.seconds ?? 0 : 0
    return max(lateSeconds, formingCandles * step)
  }

  private static func sorted(_ records: [FeedRecord]) -> [FeedRecord] {
    records.sorted { ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject) }
  }
}

extension FeedFollower {
  /// How far a feed was read.
  private struct Place: Sendable {
    /// What was told of the last of them, by time.
    private var known: [Timestamp: Told]
    private var newest: Timestamp?
    /// Nothing of before is told.
    private let floor: Timestamp

    private struct Told: Hashable {
      var values: JSONObject
      var isClosed: Bool

      init(_ record: FeedRecord) {
        values = record.values
        isClosed = record.isClosed
      }
    }

    init(_ records: [FeedRecord], floor: Timestamp) {
      known = Dictionary(records.map { ($0.eventTime, Told($0)) }) { $1 }
      newest = records.last?.eventTime
      self.floor = floor
    }

    /// From where to read on.
    func start(_ spanSeconds: Int) -> Timestamp {
      newest.map { max(floor, $0.adding(seconds: -spanSeconds)) } ?? floor
    }

    /// Whether a record is to be told.
    mutating func takes(_ record: FeedRecord) -> Bool {
      newest = max(newest ?? record.eventTime, record.eventTime)
      return known.updateValue(Told(record), forKey: record.eventTime) != Told(record)
    }

    mutating func forget(before time: Timestamp) { known = known.filter { $0.key >= time } }
  }
}
