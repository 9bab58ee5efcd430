import Hummingbird

/// A method, a path such as `/reports/checkpoints/{id}/payload`, and what answers it.
struct Route: Sendable {
  typealias Handler = @Sendable (APIRequest) async throws -> Answer

  let method: HTTPRequest.Method
  let segments: [Segment]
  let handler: Handler

  enum Segment: Sendable, Hashable {
    case fixed(String)
    case parameter(String)
  }

  init(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
    self.method = method
    self.handler = handler
    segments = Self.split(path).map { piece in
      piece.hasPrefix("{") && piece.hasSuffix("}")
        ? .parameter(String(piece.dropFirst().dropLast())) : .fixed(String(piece))
    }
  }

  static func get(_ path: String, _ handler: @escaping Handler) -> Route { Route(.get, path, handler) }
  static func post(_ path: String, _ handler: @escaping Handler) -> Route { Route(.post, path, handler) }
  static func patch(_ path: String, _ handler: @escaping Handler) -> Route { Route(.patch, path, handler) }

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
}
