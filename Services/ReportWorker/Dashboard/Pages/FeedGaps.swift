import Competition

/// Candles that are not there, between two that are.
struct FeedGap: Sendable, Hashable {
  /// The event time of the candle before, and of the one behind.
  var after: Timestamp
  var until: Timestamp
  var missing: Int
}

/// Finds the gaps in a feed by what is stored of it. Pure.
enum FeedGaps {
  /// - Parameter records: of one feed, ascending. Ticks come when they come: they have no gaps.
  static func gaps(_ records: [FeedRecord]) -> [FeedGap] {
    guard let key = records.first?.key, key.kind == .candle, let step = Granularity(key.granularity)?.seconds else {
      return []
    }
    return zip(records, records.dropFirst()).compactMap { before, behind in
      let missing = Int((behind.eventTime.seconds(since: before.eventTime) / Double(step)).rounded()) - 1
      return missing > 0 ? FeedGap(after: before.eventTime, until: behind.eventTime, missing: missing) : nil
    }
  }
}

extension LineChart {
  /// A feed's course, with nothing drawn over its gaps.
  init(_ records: [FeedRecord], gaps: [FeedGap], unit: String) {
    let behind = Set(gaps.map(\.until))
    var times: [Timestamp] = []
    var values: [Double?] = []
    for record in records {
      if behind.contains(record.eventTime) {
        times.append(record.eventTime.adding(seconds: -1))
        values.append(nil)
      }
      times.append(record.eventTime)
      values.append(record.shownValue)
    }
    self.init(times: times, lines: [Line(name: records.first?.key.subject ?? "", values: values)], unit: unit)
  }
}

extension FeedRecord {
  /// The figure that a chart shows: the close of a candle, the price of a tick, else the first number by name.
  var shownValue: Double? {
    for name in ["close", "price"] { if let value = values[name]?.number { return value } }
    return values.filter { $0.value.number != nil }.min { $0.key < $1.key }?.value.number
  }
}
