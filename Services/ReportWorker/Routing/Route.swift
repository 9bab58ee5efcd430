import Competition
import Hummingbird

/// A method, a path such as `/reports/checkpoints/{id}/payload`, what it takes and answers, and what answers it.
struct Route: Sendable {
  typealias Handler = @Sendable (APIRequest) async throws -> Answer

  let method: HTTPRequest.Method
  let path: String
  var operation: Operation
  let handler: Handler
  let segments: [Segment]
  /// The path whose tier guards this one, of a page that shows what another route answers; nil: its own.
  var guardedAs: String?
  /// Whether it asks for no key, whoever comes: what a browser needs to log in.
  var isForAll = false

  enum Segment: Sendable, Hashable {
    case fixed(String)
    case parameter(String)
  }

  init(_ method: HTTPRequest.Method, _ path: String, _ operation: Operation, _ handler: @escaping Handler) {
    self.method = method
    self.path = path
    self.operation = operation
    self.handler = handler
    segments = Self.split(path).map { piece in
      piece.hasPrefix("{") && piece.hasSuffix("}")
        ? .parameter(String(piece.dropFirst().dropLast())) : .fixed(String(piece))
    }
  }

  /// A route that reads. Its parameters are declared once: what is declared is what its handler gets, and a request with
  /// one that does not validate never gets there.
  static func get<each Value: Sendable>(
    _ path: String, _ summary: String, _ parameters: repeat Parameter<each Value>, answers: Operation.AnswerShape,
    details: String = "", missing: String? = nil, freshness: Freshness = .changing,
    _ handler: @escaping @Sendable (APIRequest, repeat each Value) async throws -> Answer
  ) -> Route {
    var operation = Operation(summary: summary, details: details, answer: answers, freshness: freshness)
    for parameter in repeat each parameters { operation.parameters += parameter.declarations }
    if let missing { operation.errors[404] = missing }
    return Route(.get, path, operation) { request in
      var reader = QueryReader(request.query, now: request.time)
      let values = (repeat (each parameters).read(&reader))
      try reader.finish()
      return try await handler(request, repeat each values)
    }
  }

  /// A route that changes something.
  static func change(
    _ method: HTTPRequest.Method, _ path: String, _ summary: String, body: Operation.Body,
    answers: Operation.AnswerShape, details: String, errors: [Int: String],
    _ handler: @escaping @Sendable (APIRequest, JSONObject) async throws -> Answer
  ) -> Route {
    var operation = Operation(summary: summary, details: details, body: body, answer: answers, freshness: .momentary)
    operation.errors = errors
    return Route(method, path, operation) { request in try await handler(request, try request.bodyObject()) }
  }

  static func split(_ path: String) -> [Substring] {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
  }

  /// What stands for the parameters of this route in a path; nil when it is none of its paths.
  func match(_ pieces: [Substring]) -> [String: String]? {
    guard pieces.count == segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (piece, segment) in zip(pieces, segments) {
      switch segment {
      case .fixed(let text): guard piece == text else { return nil }
      case .parameter(let name):
        guard !piece.isEmpty else { return nil }
        parameters[name] = String(piece)
      }
    }
    return parameters
  }

  /// The names of the parameters in its path.
  var pathParameters: [String] {
    segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }
}
