import Competition
import HTTPFetch
import Synchronization

/// GET requests that answer JSON. Requests of one lane wait for each other, those of different lanes do not: a subject
/// that is not answered holds up no other.
final class JSONFetch: Sendable {
  private let clients = Mutex<[String: HTTPClient]>([:])
  private let timeout: Double

  /// - Parameter timeout: seconds that an answer may take.
  init(timeout: Double) { self.timeout = timeout }

  /// - Throws: `FeedError` for everything but a 2xx with JSON in it.
  func get(_ url: String, query: [(String, String)] = [], lane: String) async throws -> JSON {
    let text = query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
    var request = HTTPRequest(url: text.isEmpty ? url : "\(url)?\(text)", headers: ["Accept": "application/json"])
    request.timeout = timeout
    request.connectTimeout = min(timeout, 5)
    let response: HTTPResponse
    do { response = try await client(of: lane).send(request) } catch let error as HTTPError {
      throw FeedError("\(error)")
    }
    guard (200..<300).contains(response.status) else {
      throw FeedError("the provider answered \(response.status)")
    }
    do { return try JSON(parsing: response.body, nonFinite: .accept) } catch {
      throw FeedError("the provider answered no JSON: \(error)")
    }
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
