import Competition
import Hummingbird
import Logging
import NIOCore
import Store

/// Takes each request through its stations: cross-origin rules, access, the route, its answer. Whatever goes wrong is
/// answered in JSON, and what a client can't help is logged.
struct ReportResponder: HTTPResponder {
  let routes: RouteTable
  let access: AccessPolicy
  let crossOrigin: CrossOrigin
  let logger: Logger

  /// Bytes of an address that are read.
  static let addressLimit = 16_384

  func respond(to request: Request, context: ReportContext) async throws -> Response {
    if let preflight = crossOrigin.preflight(request.head) { return preflight }
    var response = await answer(request, context).response
    crossOrigin.allow(request.headers[.origin], &response.headers)
    return response
  }

  private func answer(_ request: Request, _ context: ReportContext) async -> Answer {
    do {
      return try await route(request, context)
    } catch let error as APIError {
      return error.answer
    } catch let error as StoreError where error.isOutage {
      logger.warning("request not answered", metadata: ["path": "\(Self.path(request))", "cause": "\(error)"])
      return (error.kind == .timeout ? APIError.tookTooLong : .unavailable).answer
    } catch {
      logger.error("request failed", metadata: ["path": "\(Self.path(request))", "cause": "\(error)"])
      return APIError.fault.answer
    }
  }

  private func route(_ request: Request, _ context: ReportContext) async throws -> Answer {
    let target = request.head.path ?? "/"
    guard target.utf8.count <= Self.addressLimit else { throw APIError.uriTooLong }
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts[0]).percentDecoded()
    try access.check(request.method, path, Caller(request.head, peer: context.peer))
    switch routes.match(request.method, path) {
    case .none: return try redirect(path, parts)
    case .otherMethods(let methods):
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      throw APIError(.methodNotAllowed, "Method Not Allowed", headers: [.allow: allowed])
    case .route(let route, let parameters):
      var asked = APIRequest(path: path, query: parts.count > 1 ? QueryItem.parse(parts[1]) : [])
      asked.parameters = parameters
      asked.contentType = request.headers[.contentType]
      if route.method != .get { asked.body = try await body(of: request) }
      return try await route.handler(asked)
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    do {
      return Array(buffer: try await request.body.collect(upTo: RequestBody.limit))
    } catch is NIOTooManyBytesError {
      throw APIError.tooLarge
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      throw APIError.tooLarge
    }
  }

  /// A slash too much at the end.
  private func redirect(_ path: String, _ parts: [Substring]) throws(APIError) -> Answer {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard trimmed.count < path.count, routes.knows(String(trimmed)) else { throw .notFound() }
    var target = parts[0]
    while target.hasSuffix("/") { target = target.dropLast() }
    var answer = Answer(.null, status: .temporaryRedirect)
    answer.headers[.location] = parts.count > 1 ? "\(target)?\(parts[1])" : String(target)
    return answer
  }

  /// For the log: without the query, and no line of its own.
  private static func path(_ request: Request) -> String {
    let path = (request.head.path ?? "/").prefix { $0 != "?" }.prefix(200)
    return String(path.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F })
  }
}
