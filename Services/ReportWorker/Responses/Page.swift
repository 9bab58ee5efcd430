import Competition
import HTTPTypes
import Hummingbird

/// Lists that the original answers whole stop here after 20,000 rows; a `Link` header then leads on (decision 24).
struct Page {
  static let rows = 20_000

  private let wanted: PageRequest
  private let request: APIRequest

  init(_ wanted: PageRequest, of request: APIRequest) {
    self.wanted = wanted
    self.request = request
  }

  /// The rows of this page out of all, and the way to the next.
  func answer<Row>(of all: [Row], _ write: (inout JSONText, Row) -> Void) -> Answer {
    answer(ofFetched: Array(all.dropFirst(wanted.offset).prefix(wanted.limit + 1)), write)
  }

  /// - Parameter fetched: the rows of this page, and one more when there are more.
  func answer<Row>(ofFetched fetched: [Row], _ write: (inout JSONText, Row) -> Void) -> Answer {
    var answer = Answer.list(fetched.prefix(wanted.limit), write)
    if fetched.count > wanted.limit { answer.link(to: String(wanted.offset + wanted.limit), of: request) }
    return answer
  }
}

extension Answer {
  /// Says where the page behind this one is.
  /// - Parameter cursor: what its query names.
  mutating func link(to cursor: String, of request: APIRequest) {
    guard let name = HTTPField.Name("Link") else { return }
    let items = request.query.filter { $0.name != "cursor" } + [QueryItem(name: "cursor", value: cursor)]
    let query = items.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    headers[name] = "<\(request.path)?\(query)>; rel=\"next\""
  }
}
