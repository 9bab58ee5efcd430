import Competition
import Hummingbird
import NIOCore

/// What a route answers.
struct Answer: Sendable {
  enum Body: Sendable {
    case bytes(ByteBuffer)
    /// Bytes that many requests are answered with.
    case prepared(PreparedBody)
    /// What is too large to be held.
    case stream(ResponseBody)
    case file(FileDownload)
  }

  var status: HTTPResponse.Status = .ok
  var body: Body
  var contentType = "application/json"
  var headers: HTTPFields = [:]

  init(_ body: Body, status: HTTPResponse.Status = .ok) {
    self.body = body
    self.status = status
  }

  init(_ text: JSONText, status: HTTPResponse.Status = .ok) {
    self.init(.bytes(ByteBuffer(bytes: text.bytes)), status: status)
  }

  init(_ value: JSON, status: HTTPResponse.Status = .ok) {
    self.init(.bytes(ByteBuffer(string: value.text)), status: status)
  }

  /// One row after the other.
  static func list<Items: Sequence>(_ items: Items, _ write: (inout JSONText, Items.Element) -> Void) -> Answer {
    var text = JSONText()
    text.array(items, write)
    return Answer(text)
  }

  /// One object.
  static func object(status: HTTPResponse.Status = .ok, _ write: (inout JSONText) -> Void) -> Answer {
    var text = JSONText()
    text.object(write)
    return Answer(text, status: status)
  }

  /// The way to a page, after a form.
  static func seeOther(_ path: String) -> Answer {
    var answer = Answer(.bytes(ByteBuffer()), status: .seeOther)
    answer.headers[.location] = path
    return answer
  }

  static var emptyList: Answer { Answer(.array([])) }
}
