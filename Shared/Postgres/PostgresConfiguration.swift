import Foundation

/// Where PostgreSQL is and how long to wait for it.
public struct PostgresConfiguration: Sendable, Hashable {
  /// A host name, an address, or the folder of a UNIX socket.
  public var host: String
  public var port: Int
  public var user: String
  public var password: String?
  public var database: String
  /// Seconds until an attempt to connect is given up.
  public var connectTimeout: Double = 5
  /// Seconds that one statement may take, for the server and for us.
  public var statementTimeout: Double = 30
  /// Seconds after which the server ends a transaction whose process says nothing: one that was stopped must not hold its
  /// locks for ever.
  public var idleTransactionTimeout: Double = 10
  /// Shows in `pg_stat_activity`.
  public var applicationName = "coordinator-node"
  /// False behind a pooler such as pgbouncer in transaction mode: each statement then goes out unnamed, and nothing is set
  /// for the session.
  public var usesPreparedStatements = true
  /// `disable`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq knows them.
  public var tlsMode: String?

  public init(host: String, port: Int = 5432, user: String, password: String? = nil, database: String) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
    self.database = database
  }

  /// Reads `postgres://user:password@host:port/database`, with `?host=/folder` for a UNIX socket and `?sslmode=…`.
  /// Returns nil when the text has another form; the text itself is never kept.
  public init?(url: String) {
    guard let parts = URLComponents(string: url), parts.scheme == "postgres" || parts.scheme == "postgresql"
    else { return nil }
    let options = Dictionary(
      (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    let host = options["host"] ?? parts.host ?? ""
    let database = parts.path.hasPrefix("/") ? String(parts.path.dropFirst()) : parts.path
    let port = options["port"].map { Int($0) } ?? parts.port ?? 5432
    guard !host.isEmpty, !database.isEmpty, let port, (1...65_535).contains(port) else { return nil }
    self.init(
      host: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host, port: port,
      user: parts.user ?? "postgres",
      password: parts.password, database: database)
    tlsMode = options["sslmode"]
  }

  /// What libpq is told, name by name.
  var connectionParameters: [(name: String, value: String)] {
    var parameters = [
      ("host", host), ("port", String(port)), ("user", user), ("dbname", database),
      ("application_name", applicationName), ("connect_timeout", String(max(2, Int(connectTimeout.rounded(.up))))),
      ("client_encoding", "UTF8"),
      // A peer that vanished without a word is noticed within seconds, not after the kernel's two hours.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "20000"),
    ]
    // Poolers refuse start-up options. Behind one the limit is the database's own, and ours a little later.
    if usesPreparedStatements {
      let settings = [
        "statement_timeout=\(Self.milliseconds(statementTimeout))",
        "idle_in_transaction_session_timeout=\(Self.milliseconds(idleTransactionTimeout))",
        "timezone=UTC", "datestyle=ISO",
      ]
      parameters.append(("options", settings.map { "-c " + $0 }.joined(separator: " ")))
    }
    if let password { parameters.append(("password", password)) }
    if let tlsMode { parameters.append(("sslmode", tlsMode)) }
    return parameters
  }

  private static func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1_000).rounded(.up)) }
}

extension PostgresConfiguration: CustomStringConvertible {
  /// Without the password.
  public var description: String { "postgres://\(user)@\(host):\(port)/\(database)" }
}
