import Competition

/// A walk through the past of a feed, page by page, from a start to an end; it decides, the caller fetches and stores.
///
///     var walk = BackfillWalk(key: key, start: start, end: end)
///     while let request = walk.next(now: now) {
///       let page = try await provider.fetch(request)
///       store(page.records)
///       walk.took(page)
///     }
public struct BackfillWalk: Sendable, Hashable {
  /// Records in a page when nothing else is asked for.
  public static let pageSize = 500

  public let key: FeedKey
  public let end: Timestamp
  public let limit: Int
  /// Whether a page that is not full ends the walk, which saves the question after the last page.
  public let endsAtShortPage: Bool
  /// Where the next page begins.
  public private(set) var cursor: Timestamp
  public private(set) var pages = 0
  public private(set) var records = 0
  /// The newest event time up to which all is taken; nil before the first page with something new.
  public private(set) var reached: Timestamp?
  private var isDone = false

  public init(
    key: FeedKey, start: Timestamp, end: Timestamp, limit: Int = pageSize,
    endsAtShortPage: Bool = false
  ) {
    self.key = key
    self.end = end
    self.limit = limit
    self.endsAtShortPage = endsAtShortPage
    cursor = start
  }

  /// What to ask for next; nil at the end.
  public func next(now: Timestamp) -> FeedRequest? {
    guard !isDone, cursor < end else { return nil }
    return FeedRequest(key: key, start: cursor, end: end, limit: limit, now: now)
  }

  /// Counts a page and moves on behind its newest record, or to where the page says. A provider that answers nothing newer
  /// ends the walk, so that it never turns in a circle; rows left out count as answered.
  public mutating func took(_ page: FeedPage) {
    pages += 1
    records += page.records.count
    let newest = page.records.map(\.eventTime).max()
    switch page.continuation {
    case .behindNewest:
      moveOn(behind: newest, rows: page.records.count + page.rejected.count + page.refused.count)
    case .at(let next):
      reached = newest ?? reached
      isDone = next <= cursor
      cursor = max(cursor, next)
    case .end:
      reached = newest ?? reached
      isDone = true
    }
  }

  private mutating func moveOn(behind newest: Timestamp?, rows: Int) {
    guard let newest, newest > cursor else {
      isDone = true
      return
    }
    reached = newest
    cursor = newest.adding(seconds: 1)
    if endsAtShortPage, rows < limit { isDone = true }
  }
}
