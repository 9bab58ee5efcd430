import Competition
import Store

/// Rows that a chart draws: all of them while they are few; a thinned picture where they are many or where fewer are
/// enough; or every one, a page at a time.
struct ChartPage {
  private let wanted: ChartRequest
  private let request: APIRequest
  private let range: ReportRange

  /// Moments that a picture has at most: more than a screen has columns.
  private static let cells = 2_000
  /// Rows that a picture has when nobody says how many.
  private static let picture = 4_000

  init(_ wanted: ChartRequest, of request: APIRequest, _ range: ReportRange) {
    self.wanted = wanted
    self.request = request
    self.range = range
  }

  /// - Parameters:
  ///   - page: so many rows behind a cursor, ascending; nil where it need not read them to know that they are more.
  ///   - thinned: rows at so many moments, and so many in all, evenly over the range.
  func answer<Row>(
    page: (ReportCursor?, Int) async throws -> [Row]?, thinned: (Int, Int) async throws -> [Row],
    cursor: (Row) -> ReportCursor, _ write: (inout JSONText, Row) -> Void
  ) async throws -> Answer {
    switch wanted.detail {
    case .automatic:
      if let rows = try await page(nil, wanted.limit + 1), rows.count <= wanted.limit { return .list(rows, write) }
      return .list(try await thinned(Self.cells, min(wanted.limit, Self.picture)), write)
    case .thinned(let seconds):
      let span = max(0, range.end.seconds(since: range.start))
      let cells = min(Double(Self.cells), max(1, (span / Double(seconds)).rounded(.down)))
      return .list(try await thinned(Int(cells), wanted.limit), write)
    case .pages(let after):
      let rows = try await page(after, wanted.limit + 1) ?? []
      var answer = Answer.list(rows.prefix(wanted.limit), write)
      if rows.count > wanted.limit { answer.link(to: cursor(rows[wanted.limit - 1]).text, of: request) }
      return answer
    }
  }
}
