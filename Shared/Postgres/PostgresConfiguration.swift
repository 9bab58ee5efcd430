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
  /// for the session, which is another one after each transaction; transactions set their limits themselves.
  public var usesPreparedStatements = true
  /// One of `tlsModes`; nil for libpq's own default, which is `prefer`.
  public var tlsMode: String?
  /// PEM file of the authorities that a server's certificate may come from; what `verify-ca` and `verify-full` need.
  public var tlsRootCertificate: String?
  /// PEM files of our own certificate and its key, for servers that ask for one.
  public var tlsCertificate: String?
  public var tlsKey: String?

  /// What libpq knows; only `verify-full` makes sure that nobody stands between us and the server.
  public static let tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

  public init(host: String, port: Int = 5432, user: String, password: String? = nil, database: String) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
    self.database = database
  }

  /// Reads `postgres://user:password@host:port/database`, with `?host=/folder` for a UNIX socket, and `sslmode`, `sslrootcert`,
  /// `sslcert` and `sslkey` for TLS.
  /// Returns nil when the text has another form; the text itself is never kept.
  public init?(url: String) {
    guard let parts = URLComponents(string: url), parts.scheme == "postgres" || parts.scheme == "postgresql"
    else { return nil }
    let options = Dictionary(
      (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    let host = options["host"] ?? parts.host ?? ""
    let database = parts.path.hasPrefix("/") ? String(parts.path.dropFirst()) : parts.path
    let port = options["port"].map { Int($0) } ?? parts.port ?? 5432
    guard !host.isEmpty, !database.isEmpty, let port, (1...65_535).contains(port),
      options["sslmode"].map(Self.tlsModes.contains) ?? true
    else { return nil }
    self.init(
      host: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host, port: port,
      user: parts.user ?? "postgres",
      password: parts.password, database: database)
    tlsMode = options["sslmode"]
    tlsRootCertificate = options["sslrootcert"]
    tlsCertificate = options["sslcert"]
    tlsKey = options["sslkey"]
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
    // Poolers refuse start-up options.
    if usesPreparedStatements {
      let options = serverSettings.map { name, value in "-c \(name)=\(value)" }
      parameters.append(("options", options.joined(separator: " ")))
    }
    let optional = [
      ("password", password), ("sslmode", tlsMode), ("sslrootcert", tlsRootCertificate), ("sslcert", tlsCertificate),
      ("sslkey", tlsKey),
    ]
    return parameters + optional.compactMap { name, value in value.map { (name, $0) } }
  }

  /// What begins a transaction. Behind a pooler it sets the limits that a session of our own would have; a statement outside of
  /// a transaction has the database's own there, and ours a little later.
  var beginning: String {
    guard !usesPreparedStatements else { return "BEGIN" }
    return "BEGIN" + serverSettings.map { name, value in "; SET LOCAL \(name) = '\(value)'" }.joined()
  }

  /// What we set in the server.
  private var serverSettings: [(name: String, value: String)] {
    [
      ("statement_timeout", String(Self.milliseconds(statementTimeout))),
      ("idle_in_transaction_session_timeout", String(Self.milliseconds(idleTransactionTimeout))),
      ("timezone", "UTC"), ("datestyle", "ISO"),
    ]
  }

  private static func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1_000).rounded(.up)) }
}

extension PostgresConfiguration: CustomStringConvertible {
  /// Without the password.
  public var description: String { "postgres://\(user)@\(host):\(port)/\(database)" }
}
