import Competition
import Logging
import ServiceLifecycle
import Store
import Synchronization

/// Something that one process of its kind does at a time: it holds a lease in PostgreSQL, by PostgreSQL's clock. Should two
/// believe for a moment that it is theirs, nothing breaks: what they do is guarded in the database.
public final class Duty: Sendable {
  private struct State {
    /// On the clock of `Surroundings.uptime`.
    var heldUntil: Duration?
    var since: Timestamp?
  }

  private let name: String
  private let holder: String
  private let store: any ScoringStore
  private let activity: Activity
  private let logger: Logger
  private let state = Mutex(State())

  /// Seconds that the lease lasts without a renewal.
  static let seconds = 5

  /// - Parameters:
  ///   - name: of the lease, such as `score-leader`.
  ///   - holder: this process, by a name unique per start.
  public init(_ name: String, holder: String, store: any ScoringStore, activity: Activity, logger: Logger) {
    self.name = name
    self.holder = holder
    self.store = store
    self.activity = activity
    self.logger = logger
  }

  /// Whether the duty is ours for certain. A process that was frozen for too long knows that it is not.
  public var isHeld: Bool {
    let now = Surrounding.current.uptime
    return state.withLock { $0.heldUntil.map { now < $0 } ?? false }
  }

  /// Since when it is ours without another having had it; nil when it is not.
  public var since: Timestamp? { isHeld ? state.withLock { $0.since } : nil }

  /// Takes the lease when it is free and renews it, until the process drains; then lets go.
  public func run() async throws {
    try await every(.milliseconds(1_000), logger: logger) {
      let asked = Surrounding.current.uptime
      let holds = try await store.acquireLease(name: name, holder: holder, seconds: Self.seconds)
      note(holds, until: asked + .seconds(Self.seconds))
    }
    state.withLock { $0 = State() }
    do { try await store.releaseLease(name: name, holder: holder) } catch {
      logger.info("the lease runs out by itself", metadata: ["lease": "\(name)", "cause": "\(error)"])
    }
  }

  private func note(_ holds: Bool, until: Duration) {
    let now = Timestamp.now()
    let changed = state.withLock { state -> Bool in
      let before = state.since != nil
      // Who was frozen past the end of the lease can't know who had it meanwhile.
      if state.heldUntil.map({ $0 <= until - .seconds(Self.seconds) }) ?? true { state.since = nil }
      state.heldUntil = holds ? until : nil
      state.since = holds ? state.since ?? now : nil
      return before != holds
    }
    activity.set(leads: holds)
    if changed { logger.notice(holds ? "leads from now on" : "leads no longer", metadata: ["lease": "\(name)"]) }
  }
}
