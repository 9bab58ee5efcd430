import Competition
import Hummingbird
import NIOCore
import Store

/// Rows that a chart draws: all of them while they are few; a thinned picture where they are many or where fewer are
/// enough; or every one, a page at a time.
struct ChartPage: Sendable {
  /// Pictures of ranges that hold very many rows, by what else was asked.
  typealias Pictures = DearAnswers<[QueryItem], ChartPage.Drawn>

  /// An answer, and whether it took so many rows to make that it is kept for a moment.
  struct Drawn: Sendable {
    var answer: Answer
    var isDear: Bool

    init<Row>(_ rows: [Row], isDear: Bool, _ write: (inout JSONText, Row) -> Void) {
      self.isDear = isDear
      guard isDear else {
        answer = .list(rows, write)
        return
      }
      var text = JSONText()
      text.array(rows, write)
      answer = Answer(.prepared(PreparedBody(ByteBuffer(bytes: text.bytes))))
    }
  }

  private let wanted: ChartRequest
  private let request: APIRequest
  private let range: ReportRange
  private let pictures: Pictures

  /// Moments that a picture has at most: more than a screen has columns.
  private static let cells = 2_000
  /// Rows beyond which an answer is not made anew for everybody who asks.
  private static let few = 5_000
  /// Rows that a picture has when nobody says how many.
  private static let picture = 4_000

  init(_ wanted: ChartRequest, of request: APIRequest, _ range: ReportRange, _ pictures: Pictures) {
    self.wanted = wanted
    self.request = request
    self.range = range
    self.pictures = pictures
  }

  /// - Parameters:
  ///   - page: so many rows behind a cursor, ascending; nil where it need not read them to know that they are more.
  ///   - thinned: rows at so many moments, and so many in all, evenly over the range.
  func answer<Row: Sendable>(
    page: @escaping @Sendable (ReportCursor?, Int) async throws -> [Row]?,
    thinned: @escaping @Sendable (Int, Int) async throws -> [Row], cursor: (Row) -> ReportCursor,
    _ write: @escaping @Sendable (inout JSONText, Row) -> Void
  ) async throws -> Answer {
    let limit = wanted.limit
    switch wanted.detail {
    case .automatic:
      let question = request.query.filter { $0.name != "start" && $0.name != "end" }
      return try await pictures.value(of: question, over: range, isDear: \.isDear) {
        if let rows = try await page(nil, limit + 1), rows.count <= limit {
          return Drawn(rows, isDear: rows.count > Self.few, write)
        }
        return Drawn(try await thinned(Self.cells, min(limit, Self.picture)), isDear: true, write)
      }.answer
    case .thinned(let seconds):
      let span = max(0, range.end.seconds(since: range.start))
      let cells = min(Double(Self.cells), max(1, (span / Double(seconds)).rounded(.down)))
      return .list(try await thinned(Int(cells), limit), write)
    case .pages(let after):
      let rows = try await page(after, limit + 1) ?? []
      // Rows of one cursor stay together, as the next page begins behind it.
      var end = min(limit, rows.count)
      while end < rows.count, cursor(rows[end]) == cursor(rows[end - 1]) { end += 1 }
      var answer = Answer.list(rows[..<end], write)
      if end < rows.count { answer.link(to: cursor(rows[end - 1]).text, of: request) }
      return answer
    }
  }
}
