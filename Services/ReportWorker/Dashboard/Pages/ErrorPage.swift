import Competition
import Hummingbird

extension Dashboard {
  /// What a person sees instead of the page that was asked for.
  func page(of error: APIError, to request: APIRequest) -> Answer {
    let detail = error.detail.string ?? error.detail.array?.first?["msg"]?.string ?? ""
    let what =
      switch error.status {
      case .notFound: "Nothing is here"
      case .unauthorized: "A key is needed"
      case .forbidden: "This key may not do that"
      case .tooManyRequests: "Too many requests"
      case .serviceUnavailable: "The node cannot answer now"
      case .internalServerError: "Something went wrong"
      default: "This could not be done"
      }
    let why = error.status == .internalServerError ? "It is in the log of the report worker." : detail
    let view = ErrorView(
      status: String(error.status.code), what: what, why: why,
      mayLogIn: request.visitor.canLogIn && error.status == .forbidden)
    var answer = answer(Content(title: what, section: nil, template: .error, view: view), to: request)
    answer.status = error.status
    answer.headers.append(contentsOf: error.headers)
    return answer
  }
}

private struct ErrorView {
  var status: String
  var what: String
  var why: String
  var mayLogIn: Bool
}
