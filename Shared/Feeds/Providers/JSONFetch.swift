import Competition
import Foundation
import HTTPFetch
import Synchronization

/// GET requests that answer JSON. Requests of one lane wait for each other, those of different lanes do not: a subject
/// that is not answered holds up no other. A provider that refuses to be asked so often is left alone for as long as it says.
final class JSONFetch: Sendable {
  private let clients = Mutex<[String: HTTPClient]>([:])
  /// By host and port: one host's refusal is not another's.
  private let allowances = Mutex<[Substring: RequestAllowance]>([:])
  private let weightPerMinute: Int?
  private let timeout: Double
  private let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - timeout: seconds that an answer may take.
  ///   - weightPerMinute: what a minute allows of the provider's weights; nil: it does not weigh.
  init(timeout: Double, weightPerMinute: Int? = nil, now: @Sendable @escaping () -> Timestamp = { .wallClock }) {
    self.timeout = timeout
    self.weightPerMinute = weightPerMinute
    self.now = now
  }

  /// - Throws: `FeedError` for everything but a 2xx with JSON in it; with `retryAfter` where the provider is to be left alone.
  func get(_ url: String, query: [(String, String)] = [], lane: String) async throws -> JSON {
    let host = Self.host(of: url)
    let wait = allowances.withLock { $0[host]?.wait(now: now()) ?? 0 }
    guard wait <= 0 else {
      throw FeedError("the provider's limit of requests is used up", retryAfter: wait)
    }
    let text = query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
    var request = HTTPRequest(url: text.isEmpty ? url : "\(url)?\(text)", headers: ["Accept": "application/json"])
    request.timeout = timeout
    request.connectTimeout = min(timeout, 5)
    let response: HTTPResponse
    do { response = try await client(of: lane).send(request) } catch let error as HTTPError {
      throw FeedError("\(error)")
    }
    let pause = allowances.withLock { allowances in
      allowances[host, default: RequestAllowance(weightPerMinute: weightPerMinute)]
        .took(status: response.status, headers: response.headers, now: now())
      return allowances[host]?.wait(now: now()) ?? 0
    }
    guard (200..<300).contains(response.status) else {
      throw FeedError("the provider answered \(response.status)", retryAfter: pause > 0 ? pause : nil)
    }
    do { return try JSON(parsing: response.body, nonFinite: .accept) } catch {
      throw FeedError("the provider answered no JSON: \(error)")
    }
  }

  /// The part of a URL between the scheme and the path.
  private static func host(of url: String) -> Substring {
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    return rest.prefix { $0 != "/" && $0 != "?" }
  }

  private func client(of lane: String) -> HTTPClient {
    clients.withLock { clients in
      if let client = clients[lane] { return client }
      let client = HTTPClient()
      clients[lane] = client
      return client
    }
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
