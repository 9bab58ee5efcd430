import Bus
import Logging
import ServiceLifecycle
import Store
import Synchronization

/// Knows which streams an operator has paused, a second old at most. While PostgreSQL is away the last answer holds.
public final class PauseWatch: Sendable {
  private let store: any ScoringStore
  private let logger: Logger
  private let paused = Mutex<Set<String>>([])

  public init(store: any ScoringStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  public func isPaused(_ stream: BusStream) -> Bool { paused.withLock { $0.contains(stream.rawValue) } }

  /// Looks once; for a start, before anything is read.
  public func look() async throws {
    let fresh = try await persistently("ask what is paused", logger: logger) { try await store.pausedStreams() }
    let before = paused.withLock { paused in
      defer { paused = fresh }
      return paused
    }
    for stream in fresh.subtracting(before) { logger.notice("paused", metadata: ["stream": "\(stream)"]) }
    for stream in before.subtracting(fresh) { logger.notice("resumed", metadata: ["stream": "\(stream)"]) }
  }

  /// Looks once a second until the process drains.
  public func run() async throws { try await every(.seconds(1), logger: logger) { try await look() } }
}
