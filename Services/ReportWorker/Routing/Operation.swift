import Hummingbird

/// What a route takes and answers: the document, the pages and the checks of requests follow from it.
struct Operation: Sendable {
  /// One sentence.
  var summary: String
  /// What more there is to know; empty for nothing.
  var details = ""
  var parameters: [ParameterDeclaration] = []
  var body: Body?
  var answer: AnswerShape
  /// What 202 means and comes with, where it may be answered; nil: it is not.
  var accepted: AnswerShape?
  /// Errors beside those that every route may answer, with what they mean.
  var errors: [Int: String] = [:]
  var freshness = Freshness.changing

  /// A body that is JSON.
  struct Body: Sendable {
    var schema: Schema
    var example: String
    /// Bytes that are taken; more is refused.
    var limit = RequestBody.limit
  }

  /// A status and what comes with it.
  struct AnswerShape: Sendable {
    var status: HTTPResponse.Status = .ok
    var contentType = "application/json"
    /// Nil for what is no JSON.
    var schema: Schema?
    var summary: String

    static func json(_ schema: Schema, _ summary: String, status: HTTPResponse.Status = .ok) -> AnswerShape {
      AnswerShape(status: status, schema: schema, summary: summary)
    }
  }
}

/// How long an answer holds.
enum Freshness: Sendable, Hashable {
  /// It may be another at any time: clients ask each time, and are told when it is still the same.
  case changing
  /// It is the same as long as the process lives.
  case fixed(seconds: Int)
  /// It is asked for once, by whoever watches the process or changes something.
  case momentary

  var cacheControl: String {
    switch self {
    case .changing: "no-cache"
    case .fixed(let seconds): "max-age=\(seconds)"
    case .momentary: "no-store"
    }
  }

  /// Whether an answer is marked, so that it need not be sent twice.
  var hasTag: Bool { self != .momentary }
}
