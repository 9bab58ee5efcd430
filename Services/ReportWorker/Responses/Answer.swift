import Competition
import Hummingbird

/// What a route answers.
struct Answer: Sendable {
  var status: HTTPResponse.Status = .ok
  var body: ByteBuffer
  var headers: HTTPFields = [:]

  init(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) {
    self.body = body
    self.status = status
  }

  init(_ text: JSONText) { self.init(ByteBuffer(bytes: text.bytes)) }

  init(_ value: JSON, status: HTTPResponse.Status = .ok) {
    self.init(ByteBuffer(string: value.text), status: status)
  }

  /// One row after the other.
  static func list<Items: Sequence>(_ items: Items, _ write: (inout JSONText, Items.Element) -> Void) -> Answer {
    var text = JSONText()
    text.array(items, write)
    return Answer(text)
  }

  /// One object.
  static func object(_ write: (inout JSONText) -> Void) -> Answer {
    var text = JSONText()
    text.object(write)
    return Answer(text)
  }

  static var emptyList: Answer { Answer(.array([])) }

  var response: Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }
}
