import Competition
import Hummingbird
import Logging
import NIOCore
import Store

/// Takes each request through its stations: cross-origin rules, the route, who asks, how often, whether they may, its
/// answer. Whatever goes wrong is answered in JSON, or with a page where a person asks, and what a client can't help is
/// logged.
struct ReportResponder: HTTPResponder {
  let routes: RouteTable
  let dashboard: Dashboard
  let pages: RouteTable
  let access: AccessPolicy
  let limits: RateLimits
  let proxies: TrustedProxies
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
    var call = Call(request, routes: routes, pages: pages, peer: context.peer, proxies: proxies, time: now())
    let delivery = Delivery(request: request.headers, freshness: .momentary, isPrivate: false)
    let problem: APIError
    do {
      return try await answer(&call, request)
    } catch let error as APIError {
      problem = error
    } catch let error as StoreError where error.isOutage {
      logger.warning("request not answered", metadata: ["path": "\(call.loggedPath)", "cause": "\(error)"])
      problem = error.kind == .timeout ? .tookTooLong : .unavailable
    } catch {
      logger.error("request failed", metadata: ["path": "\(call.loggedPath)", "cause": "\(error)"])
      problem = .fault
    }
    guard call.isForPerson else { return delivery.response(problem.answer) }
    if problem.status == .unauthorized, request.method == .get, call.asked.visitor.canLogIn {
      return delivery.response(.seeOther("/login?next=\((request.head.path ?? "/").percentEncoded)"))
    }
    return delivery.response(dashboard.page(of: problem, to: call.asked))
  }

  private func answer(_ call: inout Call, _ request: Request) async throws -> Response {
    guard (request.head.path ?? "/").utf8.count <= Self.addressLimit else { throw APIError.uriTooLong }
    try admit(&call, request.method)
    switch call.match {
    case .none: return try redirect(call)
    case .otherMethods(let methods):
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      throw APIError(.methodNotAllowed, "Method Not Allowed", headers: [.allow: allowed])
    case .route(let route, _):
      call.asked.contentType = request.headers[.contentType]
      call.asked.lastEventID = request.headers.first(named: "last-event-id")
      if route.method != .get {
        call.asked.action = AdminAction(
          actor: call.asked.visitor.name, idempotencyKey: try IdempotencyKey.read(request.headers))
        call.asked.body = try await body(of: request, upTo: route.operation.body?.limit ?? RequestBody.limit)
      }
      let delivery = Delivery(
        request: request.headers, freshness: route.operation.freshness,
        isPrivate: call.isPage ? !route.isForAll : !access.isOpen(call.asked.path))
      return delivery.response(try await route.handler(call.asked))
    }
  }

  /// Whoever asks from this machine may ask as often as it likes; others have their limit, by key or else by address. A
  /// session stands for its key, but only a page of this server may change something with it.
  private func admit(_ call: inout Call, _ method: HTTPRequest.Method) throws(APIError) {
    let caller = call.caller
    let time = call.asked.time
    let isChange = method != .get && method != .head
    var holder = caller.key.flatMap { access.keys.holder(of: $0, at: time) }
    if caller.key == nil, let session = caller.session, !isChange || caller.isSameOrigin {
      holder = dashboard.sessions.holder(of: session, at: time).flatMap { access.keys.key(of: $0, at: time) }
    }
    call.asked.visitor = access.visitor(caller, holder: holder)
    if !caller.isLocal { try limits.admit(holder.map { .key($0.name) } ?? .address(caller.address)) }
    if case .route(let route, _) = call.match, route.isForAll {
      if isChange, !caller.isSameOrigin { throw .foreignForm }
      return
    }
    call.asked.visitor.name = try access.check(
      isChange: call.isChange, call.guardedPath, caller, holder: holder)
  }

  private func body(of request: Request, upTo limit: Int) async throws -> [UInt8] {
    do {
      return Array(buffer: try await request.body.collect(upTo: limit))
    } catch is NIOTooManyBytesError {
      throw APIError.tooLarge
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      throw APIError.tooLarge
    }
  }

  /// A slash too much at the end.
  private func redirect(_ call: Call) throws(APIError) -> Response {
    let path = call.asked.path
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard trimmed.count < path.count, routes.knows(String(trimmed)) || pages.knows(String(trimmed)) else {
      throw .notFound()
    }
    var target = call.target[0]
    while target.hasSuffix("/") { target = target.dropLast() }
    // A path that begins with two slashes would lead to another machine.
    let location = "/" + target.drop { $0 == "/" }
    return Response(
      status: .temporaryRedirect,
      headers: [.location: call.target.count > 1 ? "\(location)?\(call.target[1])" : location])
  }
}
