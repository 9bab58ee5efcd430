import Competition
import Hummingbird

/// An answer that is not the one that was asked for. Its body is always `{"detail": …}`.
struct APIError: Error, Sendable, Hashable {
  var status: HTTPResponse.Status
  var detail: JSON
  var headers: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ detail: JSON, headers: HTTPFields = [:]) {
    self.status = status
    self.detail = detail
    self.headers = headers
  }

  /// All that does not validate, at once.
  static func invalid(_ problems: [ValidationProblem]) -> APIError {
    APIError(.unprocessableContent, .array(problems.map(\.json)))
  }

  static func notFound(_ detail: String = "Not Found") -> APIError { APIError(.notFound, .string(detail)) }
  static func conflict(_ detail: String) -> APIError { APIError(.conflict, .string(detail)) }
  static func refused(_ detail: String) -> APIError { APIError(.unprocessableContent, .string(detail)) }

  static let otherRequest = conflict("Idempotency-Key was used with another request")

  /// Why, in the access rules of a node with and without an API key.
  static let keyRequired = APIError(.unauthorized, "API key required")
  static let loopbackOnly = APIError(
    .unauthorized, "API key required: this node has none, so changes are possible from its own machine only")

  static let keyTooWeak = APIError(.forbidden, "This API key may only read")

  /// - Parameter seconds: until there is room again.
  static func tooMany(retryAfter seconds: Int) -> APIError {
    APIError(.tooManyRequests, "Too many requests", headers: [.retryAfter: String(seconds)])
  }

  static let tooManyListeners = APIError(
    .serviceUnavailable, "Too many listen, or this process ends; come back soon", headers: [.retryAfter: "5"])
  static let foreignForm = APIError(.forbidden, "This was not sent by a page of this server")
  static let tooLarge = APIError(.contentTooLarge, "The body is too large")
  static let uriTooLong = APIError(.uriTooLong, "The address is too long")
  static let unavailable = APIError(
    .serviceUnavailable, "The database cannot be reached or is busy; try again", headers: [.retryAfter: "1"])
  static let tookTooLong = APIError(
    .serviceUnavailable, "The answer took too long; ask for a shorter range", headers: [.retryAfter: "10"])
  static let fault = APIError(.internalServerError, "Internal Server Error")

  var answer: Answer {
    var answer = Answer(["detail": detail], status: status)
    answer.headers = headers
    return answer
  }
}
