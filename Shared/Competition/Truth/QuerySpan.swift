/// Several truth queries of one feed read as one: those that overlap, or lie close together, share their records.
public struct QuerySpan: Equatable, Sendable {
  public var from: Timestamp
  public var through: Timestamp
  /// Positions of the queries that lie in this span.
  public var members: [Int]

  /// Records read for one span at most; a week of seconds.
  public static let maximumRecords = 604_800
  /// Longest span that queries are merged into.
  public static let maximumSeconds: Double = 86_400

  public static func merging(_ queries: [TruthQuery]) -> [QuerySpan] {
    var spans: [QuerySpan] = []
    for index in queries.indices.sorted(by: { queries[$0].from < queries[$1].from }) {
      let query = queries[index]
      if var last = spans.last, query.from <= last.through.adding(seconds: 60),
        query.through.seconds(since: last.from) <= maximumSeconds
      {
        last.through = max(last.through, query.through)
        last.members.append(index)
        spans[spans.count - 1] = last
      } else {
        spans.append(QuerySpan(from: query.from, through: query.through, members: [index]))
      }
    }
    return spans
  }
}

extension [FeedRecord] {
  /// The records from `start` through `end` of an ascending list.
  public func between(_ start: Timestamp, _ end: Timestamp) -> [FeedRecord] {
    let first = partition { $0.eventTime >= start }
    let past = partition { $0.eventTime > end }
    return first < past ? Array(self[first..<past]) : []
  }

  /// Position of the first record for which `isBeyond` holds, by bisection.
  private func partition(_ isBeyond: (FeedRecord) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
