import Dispatch

/// A bounded set of connections. They open as they are needed; one that broke while idle is noticed before it is lent.
public actor PostgresPool {
  public nonisolated let configuration: PostgresConfiguration
  private let size: Int
  private let patience: Duration
  private var idle: [PostgresConnection] = []
  private var open = 0
  private var waiters: [(id: Int, continuation: CheckedContinuation<PostgresConnection?, Never>)] = []
  private var nextWaiter = 0

  /// - Parameter patience: how long a caller waits for a connection before `PostgresError.exhausted`.
  public init(_ configuration: PostgresConfiguration, size: Int = 4, patience: Duration = .seconds(30)) {
    self.configuration = configuration
    self.size = size
    self.patience = patience
  }

  /// Lends a connection to `body`.
  public func withConnection<Result: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await acquire()
    do {
      let result = try await body(connection)
      release(connection)
      return result
    } catch {
      release(connection)
      throw error
    }
  }

  /// Runs one statement on any connection.
  @discardableResult
  public func query(_ sql: SQL, _ parameters: [PostgresParameter] = []) async throws -> PostgresRows {
    try await withConnection { try await $0.query(sql, parameters) }
  }

  /// Runs statements in one trip, as one transaction.
  @discardableResult
  public func pipeline(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
    try await withConnection { try await $0.pipeline(queries) }
  }

  /// Runs `body` in a transaction on one connection: commits when it returns, rolls back when it throws.
  public func transaction<Result: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) async throws -> Result
  ) async throws -> Result {
    try await withConnection { try await $0.transaction(body) }
  }

  /// Closes idle connections; lent ones stay open until their owner lets go.
  public func close() async {
    let closing = idle
    idle = []
    open -= closing.count
    for connection in closing { await connection.close() }
  }

  private func acquire() async throws -> PostgresConnection {
    if let connection = idle.popLast() {
      _ = await connection.check()
      return connection
    }
    if open < size {
      open += 1
      return PostgresConnection(configuration)
    }
    let id = nextWaiter
    nextWaiter += 1
    let watchdog = Task { [patience] in
      try await Task.sleep(for: patience)
      await self.giveUp(id)
    }
    defer { watchdog.cancel() }
    let lent = await withTaskCancellationHandler {
      await withCheckedContinuation { waiters.append((id, $0)) }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
    guard let lent else {
      try Task.checkCancellation()
      throw PostgresError(kind: .exhausted, message: "all \(size) connections were busy for \(patience)")
    }
    return lent
  }

  private func release(_ connection: PostgresConnection) {
    if waiters.isEmpty { idle.append(connection) } else { waiters.removeFirst().continuation.resume(returning: connection) }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(returning: nil)
  }
}
