import Competition
import Foundation
import HTTPFetch
import Synchronization

/// GET requests that answer JSON. Each has a connection for itself, that of an earlier one or a new one: a subject that is not
/// answered holds up no other. A provider that refuses to be asked so often is left alone for as long as it says.
final class JSONFetch: Sendable {
  /// Clients without a request; each has a thread.
  private let idle = Mutex<[HTTPClient]>([])
  private static let mostIdle = 16
  /// By host and port: one host's refusal is not another's.
  private let allowances = Mutex<[Substring: RequestAllowance]>([:])
  private let allowance: RequestAllowance
  private let timeout: Double
  private let headers: [String: String]
  private let authorities: String?
  private let now: @Sendable () -> Timestamp
  private let clock = Mutex<ProviderClock?>(nil)

  /// What the newest answer said of the provider's clock; nil: none did.
  var providerClock: ProviderClock? { clock.withLock { $0 } }

  /// - Parameters:
  ///   - timeout: seconds that an answer may take.
  ///   - allowance: what each host lets us ask.
  ///   - headers: sent with each request.
  ///   - authorities: a PEM file with certificates to trust instead of the system's.
  init(
    timeout: Double, allowance: RequestAllowance = RequestAllowance(), headers: [String: String] = [:],
    authorities: String? = nil, now: @Sendable @escaping () -> Timestamp = { .wallClock }
  ) {
    self.timeout = timeout
    self.allowance = allowance
    self.headers = headers
    self.authorities = authorities
    self.now = now
  }

  /// - Parameter patience: seconds to wait for a limit of requests before that is an error.
  /// - Throws: `FeedError` for everything but a 2xx with JSON in it; with `retryAfter` where the provider is to be left alone.
  func get(_ url: String, query: [(String, String)] = [], patience: Double = 0) async throws -> JSON {
    try await getDated(url, query: query, patience: patience).answer
  }

  /// An answer and when the provider made it, if it says so.
  func getDated(
    _ url: String, query: [(String, String)] = [], patience: Double = 0
  ) async throws -> (answer: JSON, clock: ProviderClock?) {
    guard let dated = try await fetch(url, query: query, patience: patience, absent: [404]) else {
      throw FeedError("the provider answered 404")
    }
    return dated
  }

  /// - Parameter absent: the statuses by which the provider says that there is no such thing.
  /// - Returns: nil when the provider answers one of them.
  func getIfThere(
    _ url: String, query: [(String, String)] = [], patience: Double = 0, absent: Set<Int> = [404]
  ) async throws -> JSON? {
    try await fetch(url, query: query, patience: patience, absent: absent)?.answer
  }

  private func fetch(
    _ url: String, query: [(String, String)], patience: Double, absent: Set<Int>
  ) async throws -> (answer: JSON, clock: ProviderClock?)? {
    let host = Self.host(of: url)
    try await allow(host, patience: patience)
    var request = HTTPRequest(
      url: Self.url(url, query), headers: headers.merging(["Accept": "application/json"]) { $1 })
    request.timeout = timeout
    request.connectTimeout = min(timeout, 5)
    request.authorities = authorities
    let sent = now()
    let response: HTTPResponse
    do { response = try await send(request) } catch let error as HTTPError {
      throw FeedError("\(error)")
    }
    let pause = allowances.withLock { allowances in
      allowances[host, default: allowance]
        .took(status: response.status, headers: response.headers, now: now())
      return allowances[host]?.wait(now: now()) ?? 0
    }
    let told = ProviderClock(date: response.headers["date"], sent: sent, received: now())
    if let told { clock.withLock { $0 = told } }
    if absent.contains(response.status) { return nil }
    guard (200..<300).contains(response.status) else {
      throw FeedError(Self.refusal(response.status), retryAfter: pause > 0 ? pause : nil)
    }
    do { return (try JSON(parsing: response.body, nonFinite: .accept), told) } catch {
      throw FeedError("the provider answered no JSON: \(error)")
    }
  }

  /// Takes one request of what a host allows.
  private func allow(_ host: Substring, patience: Double) async throws {
    var left = patience
    while true {
      let wait = allowances.withLock { allowances in
        let wait = allowances[host, default: allowance].wait(now: now())
        if wait <= 0 { allowances[host, default: allowance].sends(now: now()) }
        return wait
      }
      guard wait > 0 else { return }
      guard wait <= left else { throw FeedError("the provider's limit of requests is used up", retryAfter: wait) }
      left -= wait
      try await Task.sleep(for: .seconds(wait))
    }
  }

  /// What an answer that is none means.
  static func refusal(_ status: Int) -> String {
    switch status {
    case 401: "the provider answered \(status): it wants a key, FEED_API_KEY, or another one"
    default: "the provider answered \(status)"
    }
  }

  static func url(_ url: String, _ query: [(String, String)]) -> String {
    let text = query.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
    return text.isEmpty ? url : "\(url)?\(text)"
  }

  /// The part of a URL between the scheme and the path.
  private static func host(of url: String) -> Substring {
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    return rest.prefix { $0 != "/" && $0 != "?" }
  }

  private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let client = idle.withLock { $0.popLast() } ?? HTTPClient()
    defer { idle.withLock { if $0.count < Self.mostIdle { $0.append(client) } } }
    return try await client.send(request)
  }

  private static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}

extension Timestamp {
  fileprivate static var wallClock: Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
