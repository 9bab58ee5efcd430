import Competition
import HTTPTypes
import Hummingbird

/// Lists that the original answers whole stop here after 20,000 rows; a `Link` header then leads on (decision 24).
struct Page {
  static let rows = 20_000
  private static let link = HTTPField.Name("Link")

  /// Rows before this page.
  let offset: Int
  private let path: String
  private let query: [QueryItem]

  init(_ request: APIRequest, _ query: inout QueryReader) {
    offset = query.integer("offset", default: 0, in: 0...1_000_000_000)
    path = request.path
    self.query = request.query.filter { $0.name != "offset" }
  }

  /// The rows of this page out of all, and the way to the next.
  func answer<Row>(of all: [Row], _ write: (inout JSONText, Row) -> Void) -> Answer {
    answer(ofFetched: Array(all.dropFirst(offset).prefix(Self.rows + 1)), write)
  }

  /// - Parameter fetched: the rows of this page, and one more when there are more.
  func answer<Row>(ofFetched fetched: [Row], _ write: (inout JSONText, Row) -> Void) -> Answer {
    var answer = Answer.list(fetched.prefix(Self.rows), write)
    if fetched.count > Self.rows, let link = Self.link { answer.headers[link] = "<\(next)>; rel=\"next\"" }
    return answer
  }

  private var next: String {
    let items = query + [QueryItem(name: "offset", value: String(offset + Self.rows))]
    return path + "?" + items.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
  }
}
