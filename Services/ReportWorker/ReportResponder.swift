import Competition
import Hummingbird
import Logging
import NIOCore
import Store

/// Takes each request through its stations: cross-origin rules, who asks, how often, whether they may, the route, its
/// answer. Whatever goes wrong is answered in JSON, and what a client can't help is logged.
struct ReportResponder: HTTPResponder {
  let routes: RouteTable
  let access: AccessPolicy
  let limits: RateLimits
  let crossOrigin: CrossOrigin
  let logger: Logger
  /// The clock that ranges and windows end at, and keys expire by.
  let now: @Sendable () -> Timestamp

  /// Bytes of an address that are read.
  static let addressLimit = 16_384

  func respond(to request: Request, context: ReportContext) async throws -> Response {
    if let preflight = crossOrigin.preflight(request.head) { return preflight }
    var response = await answer(request, context)
    // An answer to HEAD has no body, whatever its headers say.
    if request.method == .head {
      response = Response(status: response.status, headers: response.headers, body: ResponseBody())
    }
    SecurityHeaders.add(to: &response.headers)
    crossOrigin.allow(request.headers[.origin], &response.headers)
    return response
  }

  private func answer(_ request: Request, _ context: ReportContext) async -> Response {
    let delivery = Delivery(request: request.headers, freshness: .momentary, isPrivate: false)
    do {
      return try await route(request, context)
    } catch let error as APIError {
      return delivery.response(error.answer)
    } catch let error as StoreError where error.isOutage {
      logger.warning("request not answered", metadata: ["path": "\(Self.path(request))", "cause": "\(error)"])
      return delivery.response((error.kind == .timeout ? APIError.tookTooLong : .unavailable).answer)
    } catch {
      logger.error("request failed", metadata: ["path": "\(Self.path(request))", "cause": "\(error)"])
      return delivery.response(APIError.fault.answer)
    }
  }

  private func route(_ request: Request, _ context: ReportContext) async throws -> Response {
    let target = request.head.path ?? "/"
    guard target.utf8.count <= Self.addressLimit else { throw APIError.uriTooLong }
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts[0]).percentDecoded()
    let actor = try admit(request, path, context)
    switch routes.match(request.method, path) {
    case .none: return try redirect(path, parts)
    case .otherMethods(let methods):
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      throw APIError(.methodNotAllowed, "Method Not Allowed", headers: [.allow: allowed])
    case .route(let route, let parameters):
      var asked = APIRequest(path: path, query: parts.count > 1 ? QueryItem.parse(parts[1]) : [], time: now())
      asked.parameters = parameters
      asked.contentType = request.headers[.contentType]
      asked.lastEventID = request.headers.first(named: "last-event-id")
      if route.method != .get {
        asked.action = AdminAction(actor: actor, idempotencyKey: try IdempotencyKey.read(request.headers))
        asked.body = try await body(of: request)
      }
      let delivery = Delivery(
        request: request.headers, freshness: route.operation.freshness, isPrivate: !access.isOpen(path))
      return delivery.response(try await route.handler(asked))
    }
  }

  /// Whoever asks from this machine may ask as often as it likes; others have their limit, by key or else by address.
  /// - Returns: who asks, by name.
  private func admit(_ request: Request, _ path: String, _ context: ReportContext) throws(APIError) -> String {
    let caller = Caller(request.head, peer: context.peer)
    let holder = caller.key.flatMap { access.keys.holder(of: $0, at: now()) }
    if !caller.isLocal { try limits.admit(holder.map { .key($0.name) } ?? .address(caller.address)) }
    return try access.check(request.method, path, caller, holder: holder)
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
  private func redirect(_ path: String, _ parts: [Substring]) throws(APIError) -> Response {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard trimmed.count < path.count, routes.knows(String(trimmed)) else { throw .notFound() }
    var target = parts[0]
    while target.hasSuffix("/") { target = target.dropLast() }
    // A path that begins with two slashes would lead to another machine.
    let location = "/" + target.drop { $0 == "/" }
    return Response(
      status: .temporaryRedirect, headers: [.location: parts.count > 1 ? "\(location)?\(parts[1])" : location])
  }

  /// For the log: without the query, and no line of its own.
  private static func path(_ request: Request) -> String {
    let path = (request.head.path ?? "/").prefix { $0 != "?" }.prefix(200)
    return String(path.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F })
  }
}
