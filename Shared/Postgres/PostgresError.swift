/// Why PostgreSQL did not do what was asked. The text never holds a password, a URL or a parameter's value.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The server cannot be reached, refused the connection, or it broke.
    case connection
    /// The server refused the statement; `sqlState` says why.
    case statement
    /// No answer within the statement timeout.
    case timeout
    /// A column holds something else than was expected of it.
    case decoding
    /// No connection of the pool came free in time.
    case exhausted
  }

  public var kind: Kind
  /// Five characters of the SQL standard and of PostgreSQL's appendix A; nil when the server was not asked.
  public var sqlState: String?
  /// The server's primary message, or ours.
  public var message: String
  /// The constraint that was violated, when one was.
  public var constraint: String?

  public init(kind: Kind, sqlState: String? = nil, message: String, constraint: String? = nil) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.constraint = constraint
  }

  /// What the server said. Data exceptions (class 22) quote the value that they refuse: it is cut off.
  init(sqlState: String, message: String, constraint: String?) {
    let kind: Kind =
      switch sqlState {
      case "57014": .timeout
      // Shutdown, crash, not yet started; ended since its transaction was idle for too long.
      case "57P01", "57P02", "57P03", "25P03": .connection
      default: sqlState.hasPrefix("08") ? .connection : .statement
      }
    let isQuoting = sqlState.hasPrefix("22")
    self.init(
      kind: kind, sqlState: sqlState,
      message: isQuoting ? Self.withoutQuotation(message) : message, constraint: constraint)
  }

  private static func withoutQuotation(_ message: String) -> String {
    let kept = message.prefix { $0 != "\"" }
    return kept.endIndex == message.endIndex ? message : kept.trimmingSuffix(of: ": ")
  }

  /// Whether the same statement may succeed later without a change: the server is away, starting, full, read-only for
  /// now, or gave way in a conflict of transactions.
  public var isOutage: Bool {
    switch kind {
    case .connection, .timeout, .exhausted: true
    case .decoding: false
    case .statement:
      switch sqlState?.prefix(2) {
      // Connection, resources, operator intervention, system error, transaction rollback (deadlock, serialization).
      case "08", "53", "57", "58", "40": true
      // Lock not available; read-only transaction.
      default: sqlState == "55P03" || sqlState == "25006"
      }
    }
  }

  /// What an operator can do.
  public var remedy: String {
    switch (kind, sqlState) {
    case (.connection, "28P01"), (.connection, "28000"): "check the user and the password"
    case (.connection, "3D000"): "create the database, or correct its name"
    case (.connection, _) where message.contains("startup parameter"): Self.poolerRemedy
    case (.connection, _) where message.contains("SSL") || message.contains("certificate"):
      "check POSTGRES_SSLMODE and POSTGRES_SSLROOTCERT, and whether the server's certificate names this host"
    case (.connection, _): "check that PostgreSQL runs and that host and port are right"
    case (.timeout, _): "look for locks and slow statements in pg_stat_activity"
    case (.exhausted, _): "raise the pool size, or look for slow statements in pg_stat_activity"
    case (.statement, "42P01"), (.statement, "42703"): "run `coordinator db migrate`"
    case (.statement, "42P05"), (.statement, "26000"): Self.poolerRemedy
    case (.statement, "53100"): "free disk space on the database server"
    case (.statement, "53300"): "raise max_connections, or run fewer workers"
    case (.statement, "25006"): "the server is read-only: point at the primary"
    default: ""
    }
  }

  private static let poolerRemedy =
    "behind a pooler such as pgbouncer in transaction mode set DATABASE_PREPARED_STATEMENTS=false"

  public var description: String {
    let state = sqlState.map { " [\($0)]" } ?? ""
    return "PostgreSQL: \(message)\(state)" + (remedy.isEmpty ? "" : "; \(remedy)")
  }
}

extension Substring {
  /// The text without those of `characters` at its end.
  fileprivate func trimmingSuffix(of characters: String) -> String {
    var text = self
    while let last = text.last, characters.contains(last) { text = text.dropLast() }
    return String(text)
  }
}
