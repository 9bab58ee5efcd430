/// A bounded set of connections. They open as they are needed; one that broke, or that came back with a transaction open,
/// is noticed before it is lent again. A server that is away is tried again after a growing pause.
public actor PostgresPool {
  public nonisolated let configuration: PostgresConfiguration
  private let size: Int
  private let patience: Duration
  private var idle: [(connection: PostgresConnection, since: ContinuousClock.Instant)] = []
  private var open = 0
  private var waiters: [(id: Int, continuation: CheckedContinuation<PostgresConnection?, Never>)] = []
  private var nextWaiter = 0
  private var pause = ReconnectPause()

  /// An idle connection is looked at before it is lent when it rested longer than this.
  private static let trustedRest: Duration = .seconds(1)

  /// How the connections are used now.
  public struct Usage: Sendable, Hashable {
    public var lent: Int
    public var idle: Int
    /// Callers that wait for a connection.
    public var waiting: Int
  }

  /// - Parameter patience: how long a caller waits for a connection before `PostgresError.Kind.exhausted`.
  public init(_ configuration: PostgresConfiguration, size: Int = 4, patience: Duration = .seconds(30)) {
    self.configuration = configuration
    self.size = max(1, size)
    self.patience = patience
  }

  public var usage: Usage { Usage(lent: open - idle.count, idle: idle.count, waiting: waiters.count) }

  /// Asks the server for a sign of life.
  /// - Throws: `PostgresError` that says why there is none.
  public func check() async throws { try await query("SELECT 1") }

  /// Lends a connection to `body`.
  public func withConnection<Result: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await acquire()
    do {
      let result = try await body(connection)
      pause.succeeded()
      await release(connection)
      return result
    } catch {
      if let error = error as? PostgresError, error.kind == .connection { pause.failed(at: .now) }
      await release(connection)
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
    for (connection, _) in closing { await connection.close() }
  }

  private func acquire() async throws -> PostgresConnection {
    let rest = pause.remaining(at: .now)
    if rest > .zero { try await Task.sleep(for: rest) }
    if let (connection, since) = idle.popLast() {
      if since.duration(to: .now) > Self.trustedRest { _ = await connection.check() }
      return connection
    }
    if open < size {
      open += 1
      return PostgresConnection(configuration)
    }
    return try await waitForRelease()
  }

  private func waitForRelease() async throws -> PostgresConnection {
    let id = nextWaiter
    nextWaiter += 1
    let watchdog = Task { [patience] in
      try await Task.sleep(for: patience)
      self.giveUp(id)
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

  private func release(_ connection: PostgresConnection) async {
    _ = await connection.check()
    if waiters.isEmpty {
      idle.append((connection, .now))
    } else {
      waiters.removeFirst().continuation.resume(returning: connection)
    }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(returning: nil)
  }
}
