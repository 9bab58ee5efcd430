import ThreadExecutor

/// A connection on a thread of its own. It connects when it is first used, and again after it broke: the statement that
/// met the break fails, since nobody knows whether the server did it, and the next one connects anew.
public actor PostgresConnection {
  public nonisolated let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let configuration: PostgresConfiguration
  private let ownsExecutor: Bool
  private var link: PostgresLink?
  private var isInTransaction = false

  /// - Parameter executor: the thread of an actor that shares it with this connection, so that calls need no hop; nil for
  ///   one of its own.
  public init(_ configuration: PostgresConfiguration, executor: ThreadExecutor? = nil) {
    self.configuration = configuration
    self.executor = executor ?? ThreadExecutor(name: "postgres")
    ownsExecutor = executor == nil
  }

  deinit { if ownsExecutor { executor.stop() } }

  /// Runs one statement.
  @discardableResult
  public func query(_ sql: SQL, _ parameters: [PostgresParameter] = []) throws(PostgresError) -> PostgresRows {
    try run([PostgresQuery(sql, parameters)])[0]
  }

  /// Runs statements in one trip, as one transaction: all take effect or none.
  @discardableResult
  public func pipeline(_ queries: [PostgresQuery]) throws(PostgresError) -> [PostgresRows] { try run(queries) }

  /// Streams rows into `COPY … FROM STDIN (FORMAT binary)` and answers how many arrived.
  public func copy(_ sql: SQL, rows: [[PostgresParameter]]) throws(PostgresError) -> Int {
    try using { (link) throws(PostgresError) in try link.copy(sql, rows: rows) }
  }

  /// Runs a script of statements without parameters, such as a migration, however long it takes.
  public func script(_ text: String) throws(PostgresError) {
    try using { (link) throws(PostgresError) in try link.runScript(text) }
  }

  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws. Should the connection break, or a
  /// statement fail whose error `body` keeps to itself, nothing is committed and this throws.
  public func transaction<Result: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) async throws -> Result
  ) async throws -> Result {
    guard !isInTransaction else {
      throw PostgresError(kind: .statement, sqlState: "25001", message: "a transaction is open already")
    }
    if configuration.usesPreparedStatements { try query("BEGIN") } else { try script(configuration.beginning) }
    isInTransaction = true
    defer { isInTransaction = false }
    do {
      let result = try await body(self)
      try commit()
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  /// Whether the connection is there and idle. A broken one, or one with a transaction that nobody ended, is dropped, so
  /// that the next use connects anew.
  public func check() -> Bool {
    guard let current = link else { return false }
    if current.isAlive() { return true }
    link = nil
    return false
  }

  public func close() { link = nil }

  private func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [PostgresRows] {
    do {
      return try using { (link) throws(PostgresError) in try link.run(queries) }
    } catch {
      // A prepared statement that a migration outdated, or a pooler forgot. It did nothing: prepare it anew.
      guard !isInTransaction, error.isOutdatedStatement else { throw error }
      link = nil
      return try using { (link) throws(PostgresError) in try link.run(queries) }
    }
  }

  private func using<Result>(
    _ body: (PostgresLink) throws(PostgresError) -> Result
  ) throws(PostgresError) -> Result {
    let current = try usableLink()
    link = current
    do {
      return try body(current)
    } catch {
      // After a break or a timeout answers may still be on their way: this connection can't be trusted.
      if error.kind == .connection || (error.kind == .timeout && error.sqlState == nil) || !current.isUsable {
        link = nil
      }
      throw error
    }
  }

  private func usableLink() throws(PostgresError) -> PostgresLink {
    if let link, link.isUsable { return link }
    guard !isInTransaction else {
      throw PostgresError(kind: .connection, message: "the connection broke inside a transaction, which is undone")
    }
    return try PostgresLink(configuration)
  }

  /// The server answers ROLLBACK to the COMMIT of a transaction in which a statement failed.
  private func commit() throws(PostgresError) {
    guard try query("COMMIT").commandTag == "COMMIT" else {
      throw PostgresError(
        kind: .statement, sqlState: "25P02", message: "a statement of the transaction failed, so it was rolled back")
    }
  }

  private func rollBack() {
    guard link != nil else { return }
    do { try query("ROLLBACK") } catch { link = nil }
  }
}

extension PostgresError {
  /// "Cached plan must not change result type", or a prepared statement that is not there.
  fileprivate var isOutdatedStatement: Bool { sqlState == "0A000" || sqlState == "26000" }
}
