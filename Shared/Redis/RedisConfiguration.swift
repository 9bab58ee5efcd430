import Foundation

/// Where Redis is and how long to wait for it.
public struct RedisConfiguration: Sendable, Hashable {
  public enum Address: Sendable, Hashable {
    case host(String, port: Int)
    case socket(path: String)
  }

  public var address: Address
  /// More nodes of the same Redis Cluster, any of which says where the keys are; tried in turn when one is away.
  public var otherAddresses: [Address]
  public var username: String?
  public var password: String?
  /// Number of the logical database.
  public var database = 0
  /// Seconds until an attempt to connect is given up.
  public var connectTimeout: Double = 3
  /// Seconds until a command without an answer counts as lost.
  public var commandTimeout: Double = 5

  public init(
    address: Address, otherAddresses: [Address] = [], username: String? = nil, password: String? = nil,
    database: Int = 0
  ) {
    self.address = address
    self.otherAddresses = otherAddresses
    self.username = username
    self.password = password
    self.database = database
  }

  /// Reads `redis://user:password@host:port/database`, several nodes of a cluster as `redis://one:7001,two:7002`, or
  /// `unix:///path/to/socket?db=0` (`redis+unix:` as well). Returns nil when the text has another form; TLS (`rediss:`) is
  /// not built in, see the README for a tunnel.
  public init?(url: String) {
    guard let nodes = Self.nodes(of: url), let parts = URLComponents(string: nodes.url) else { return nil }
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
    otherAddresses = nodes.others
  }

  /// All nodes that are named.
  var addresses: [Address] { [address] + otherAddresses }

  /// The URL with its first node alone, and the other nodes.
  private static func nodes(of url: String) -> (url: String, others: [Address])? {
    guard let scheme = url.range(of: "://"), url[..<scheme.lowerBound] == "redis" else { return (url, []) }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    let hosts = authority.suffix(while: { $0 != "@" }).split(separator: ",", omittingEmptySubsequences: false)
    guard hosts.count > 1 else { return (url, []) }
    var others: [Address] = []
    for host in hosts.dropFirst() {
      guard let parts = URLComponents(string: "redis://" + host), let name = parts.host, !name.isEmpty,
        parts.path.isEmpty
      else { return nil }
      others.append(.host(name, port: parts.port ?? 6379))
    }
    return (String(url[..<hosts[0].endIndex]) + url[authority.endIndex...], others)
  }
}

extension StringProtocol {
  /// The longest end whose characters all satisfy `condition`.
  fileprivate func suffix(while condition: (Character) -> Bool) -> SubSequence {
    self[(lastIndex { !condition($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}

extension RedisConfiguration: CustomStringConvertible {
  /// Without user and password.
  public var description: String {
    if case .socket(let path) = address { return "unix://\(path)?db=\(database)" }
    return "redis://\(addresses.map(\.description).joined(separator: ","))/\(database)"
  }
}

extension RedisConfiguration.Address: CustomStringConvertible {
  public var description: String {
    switch self {
    case .host(let host, let port): "\(host):\(port)"
    case .socket(let path): path
    }
  }
}
