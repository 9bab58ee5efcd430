import CCurl
import Foundation
import ThreadExecutor

/// A client on a thread of its own, one request at a time; connections are kept and used again. Cancelling the task ends a
/// request within a second.
public actor HTTPClient {
  public nonisolated let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let userAgent: String
  private var easy: EasyHandle?

  private static let globalInit: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

  public init(userAgent: String = "coordinator-node") {
    Self.globalInit
    self.userAgent = userAgent
    executor = ThreadExecutor(name: "http")
  }

  deinit { executor.stop() }

  /// Sends a request and answers whatever the server says, also 404 and 500.
  /// - Throws: `HTTPError`; `CancellationError` when the task is cancelled.
  public func send(_ request: HTTPRequest) throws -> HTTPResponse {
    var body: [UInt8] = []
    var response = try perform(request, began: { _ in }, receive: { body.append(contentsOf: $0) })
    response.body = body
    return response
  }

  /// Sends a request and hands the body on piece by piece as it comes; the response has an empty body.
  /// - Parameter began: told the status and the headers before the body comes; of a redirect as well.
  public func stream(
    _ request: HTTPRequest, began: @Sendable @escaping (HTTPResponse) -> Void = { _ in },
    receive: @Sendable @escaping (UnsafeRawBufferPointer) -> Void
  ) throws -> HTTPResponse {
    try perform(request, began: began, receive: receive)
  }

  private func perform(
    _ request: HTTPRequest, began: @escaping (HTTPResponse) -> Void,
    receive: @escaping (UnsafeRawBufferPointer) -> Void
  ) throws -> HTTPResponse {
    guard let host = URL(string: request.url)?.host else { throw HTTPError.badURL }
    guard let easy = easy ?? EasyHandle() else { throw HTTPError.unreachable(host: host, cause: "out of memory") }
    self.easy = easy
    let raw = easy.raw
    curl_easy_reset(raw)
    let exchange = Exchange(limit: request.maximumBody, began: began, receive: receive)
    // The exchange lives until `curl_easy_perform` has returned, below; callbacks do not outlive it.
    let pointer = Unmanaged.passUnretained(exchange).toOpaque()
    var headers: UnsafeMutablePointer<curl_slist>?
    for (name, value) in request.headers.sorted(by: { $0.key < $1.key }) {
      headers = curl_slist_append(headers, "\(name): \(value)")
    }
    defer { curl_slist_free_all(headers) }

    _ = curl_set_text(raw, CURLOPT_URL, request.url)
    _ = curl_set_text(raw, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = curl_set_text(raw, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    _ = curl_set_text(raw, CURLOPT_USERAGENT, userAgent)
    _ = curl_set_text(raw, CURLOPT_ACCEPT_ENCODING, "")
    if let authorities = request.authorities { _ = curl_set_text(raw, CURLOPT_CAINFO, authorities) }
    _ = curl_set_long(raw, CURLOPT_NOSIGNAL, 1)
    _ = curl_set_long(raw, CURLOPT_FOLLOWLOCATION, request.followsRedirects ? 1 : 0)
    _ = curl_set_long(raw, CURLOPT_MAXREDIRS, 3)
    _ = curl_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout * 1_000))
    _ = curl_set_long(raw, CURLOPT_TIMEOUT_MS, Int(request.timeout * 1_000))
    _ = curl_set_long(raw, CURLOPT_NOPROGRESS, 0)
    _ = curl_set_list(raw, CURLOPT_HTTPHEADER, headers)
    _ = curl_set_text(raw, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    _ = curl_set_write_callback(raw) { bytes, size, count, pointer in
      guard let bytes, let pointer else { return 0 }
      let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
      return exchange.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
    _ = curl_set_pointer(raw, CURLOPT_WRITEDATA, pointer)
    _ = curl_set_header_callback(raw) { bytes, size, count, pointer in
      guard let bytes, let pointer else { return 0 }
      Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        .header(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    _ = curl_set_pointer(raw, CURLOPT_HEADERDATA, pointer)
    // The callback runs within the caller's task, about once a second at least.
    _ = curl_set_progress_callback(raw) { _, _, _, _, _ in Task.isCancelled ? 1 : 0 }

    let code =
      if let body = request.body {
        body.withUnsafeBytes { bytes in
          _ = curl_set_long(raw, CURLOPT_POSTFIELDSIZE, bytes.count)
          _ = curl_set_pointer(raw, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
          return curl_easy_perform(raw)
        }
      } else { curl_easy_perform(raw) }
    try Self.check(code, host: host, exchange)
    var status = 0
    _ = curl_get_long(raw, CURLINFO_RESPONSE_CODE, &status)
    return HTTPResponse(status: status, headers: exchange.headers, body: [])
  }

  private static func check(_ code: CURLcode, host: String, _ exchange: Exchange) throws {
    switch code {
    case CURLE_OK: return
    case CURLE_ABORTED_BY_CALLBACK: throw CancellationError()
    case CURLE_OPERATION_TIMEDOUT: throw HTTPError.timedOut(host: host)
    case CURLE_WRITE_ERROR where exchange.isTooLarge: throw HTTPError.tooLarge(host: host, limit: exchange.limit)
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: throw HTTPError.badURL
    default: throw HTTPError.unreachable(host: host, cause: String(cString: curl_easy_strerror(code)))
    }
  }
}

/// curl's state, with the connections that it keeps.
private final class EasyHandle {
  let raw: UnsafeMutableRawPointer

  init?() {
    guard let raw = curl_easy_init() else { return nil }
    self.raw = raw
  }

  deinit { curl_easy_cleanup(raw) }
}

/// What curl's callbacks fill while a request runs.
private final class Exchange {
  let limit: Int
  private let began: (HTTPResponse) -> Void
  private let receive: (UnsafeRawBufferPointer) -> Void
  private var received = 0
  private var status = 0
  private(set) var headers: [String: String] = [:]
  private(set) var isTooLarge = false

  init(
    limit: Int, began: @escaping (HTTPResponse) -> Void, receive: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    self.limit = limit
    self.began = began
    self.receive = receive
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    received += bytes.count
    isTooLarge = received > limit
    if !isTooLarge { receive(bytes) }
    return !isTooLarge
  }

  func header(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      headers = [:]  // the answer after a redirect
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
    if line.allSatisfy(\.isNewline) { began(HTTPResponse(status: status, headers: headers, body: [])) }
    guard let colon = line.firstIndex(of: ":") else { return }
    headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
      in: .whitespacesAndNewlines)
  }
}
