/// A request, and what is allowed for it.
public struct HTTPRequest: Sendable, Hashable {
  public enum Method: String, Sendable { case get = "GET", post = "POST", patch = "PATCH" }

  public var method: Method
  public var url: String
  public var headers: [String: String]
  public var body: [UInt8]?
  /// Seconds until an attempt to connect is given up.
  public var connectTimeout: Double = 5
  /// Seconds for the whole exchange; 0: as long as it takes.
  public var timeout: Double = 10
  /// Bytes of the answer's body that are taken; more is an error.
  public var maximumBody = 16 << 20
  /// Whether an answer that leads elsewhere is followed, three times at most.
  public var followsRedirects = true
  /// A PEM file with certificates to trust instead of the system's; nil: the system's.
  public var authorities: String?

  public init(_ method: Method = .get, url: String, headers: [String: String] = [:], body: [UInt8]? = nil) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

public struct HTTPResponse: Sendable, Hashable {
  public var status: Int
  /// By lower-case name; of repeated headers the last.
  public var headers: [String: String]
  public var body: [UInt8]
}

/// Why there is no answer. The text names the host, never the path or the query: keys may be in them.
public enum HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
  case unreachable(host: String, cause: String)
  case timedOut(host: String)
  case tooLarge(host: String, limit: Int)
  case badURL

  public var description: String {
    switch self {
    case .unreachable(let host, let cause): "\(host) cannot be reached: \(cause)"
    case .timedOut(let host): "\(host) did not answer in time"
    case .tooLarge(let host, let limit): "\(host) answered more than \(limit) bytes"
    case .badURL: "the URL cannot be read"
    }
  }
}
