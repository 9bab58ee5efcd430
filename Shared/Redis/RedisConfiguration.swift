import Foundation

/// Where Redis is and how long to wait for it.
public struct RedisConfiguration: Sendable, Hashable {
  public enum Address: Sendable, Hashable {
    case host(String, port: Int)
    case socket(path: String)
  }

  public var address: Address
  public var username: String?
  public var password: String?
  /// Number of the logical database.
  public var database = 0
  /// Seconds until an attempt to connect is given up.
  public var connectTimeout: Double = 3
  /// Seconds until a command without an answer counts as lost.
  public var commandTimeout: Double = 5

  public init(address: Address, username: String? = nil, password: String? = nil, database: Int = 0) {
    self.address = address
    self.username = username
    self.password = password
    self.database = database
  }

  /// Reads `redis://user:password@host:port/database`, or `unix:///path/to/socket?db=0` (`redis+unix:` as well). Returns nil
  /// when the text has another form; TLS (`rediss:`) is not built in, see the README for a tunnel.
  public init?(url: String) {
    guard let parts = URLComponents(string: url) else { return nil }
    let options = Dictionary(
      (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    switch parts.scheme {
    case "redis":
      guard let host = parts.host, !host.isEmpty else { return nil }
      let path = parts.path.drop { $0 == "/" }
      guard path.isEmpty || Int(path) != nil else { return nil }
      self.init(address: .host(host, port: parts.port ?? 6379), database: Int(path) ?? 0)
    case "unix", "redis+unix":
      guard !parts.path.isEmpty else { return nil }
      self.init(address: .socket(path: parts.path), database: options["db"].flatMap(Int.init) ?? 0)
    default: return nil
    }
    username = parts.user.flatMap { $0.isEmpty ? nil : $0 }
    password = parts.password.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension RedisConfiguration: CustomStringConvertible {
  /// Without user and password.
  public var description: String {
    switch address {
    case .host(let host, let port): "redis://\(host):\(port)/\(database)"
    case .socket(let path): "unix://\(path)?db=\(database)"
    }
  }
}
