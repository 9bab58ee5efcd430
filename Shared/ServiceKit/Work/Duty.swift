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
  private let pace: Pace

  /// How fast a holder that is gone is replaced, at the price of how long a slow one may be silent.
  public struct Pace: Sendable, Hashable {
    /// Seconds that the lease lasts without a renewal.
    var seconds: Int
    /// Between two looks of who does not hold it; a holder renews it every second.
    var look: Duration

    public static let usual = Pace(seconds: 5, look: .seconds(1))
    /// Replaced within 4 s.
    public static let quick = Pace(seconds: 3, look: .milliseconds(500))
  }

  private static let renewal: Duration = .seconds(1)

  /// - Parameters:
  ///   - name: of the lease, such as `score-leader`.
  ///   - holder: this process, by a name unique per start.
  public init(
    _ name: String, holder: String, pace: Pace = .usual, store: any ScoringStore, activity: Activity, logger: Logger
  ) {
    self.name = name
    self.holder = holder
    self.pace = pace
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

  /// The lease, for writes that rest on it.
  public var claim: LeaseClaim? { LeaseClaim(name: name, holder: holder) }

  /// PostgreSQL says that the lease is another's: it is not ours any more, whatever we thought.
  public func lost() { state.withLock { $0 = State() } }

  /// Takes the lease when it is free and renews it, until the process drains; then lets go.
  public func run() async throws {
    try await every(pace.look, logger: logger) {
      let asked = Surrounding.current.uptime
      guard !isFresh(at: asked) else { return }
      let holds = try await store.acquireLease(name: name, holder: holder, seconds: pace.seconds)
      note(holds, until: asked + .seconds(pace.seconds))
    }
    state.withLock { $0 = State() }
    do { try await store.releaseLease(name: name, holder: holder) } catch {
      logger.info("the lease runs out by itself", metadata: ["lease": "\(name)", "cause": "\(error)"])
    }
  }

  /// Whether the lease is ours and was renewed less than a second ago.
  private func isFresh(at now: Duration) -> Bool {
    guard pace.look < Self.renewal else { return false }
    let renewed = state.withLock { $0.heldUntil.map { $0 - .seconds(pace.seconds) } }
    return renewed.map { now - $0 < Self.renewal - pace.look / 2 } ?? false
  }

  private func note(_ holds: Bool, until: Duration) {
    let now = Timestamp.now()
    let changed = state.withLock { state -> Bool in
      let before = state.since != nil
      // Who was frozen past the end of the lease can't know who had it meanwhile.
      if state.heldUntil.map({ $0 <= until - .seconds(pace.seconds) }) ?? true { state.since = nil }
      state.heldUntil = holds ? until : nil
      state.since = holds ? state.since ?? now : nil
      return before != holds
    }
    activity.set(leads: holds)
    if changed { logger.notice(holds ? "leads from now on" : "leads no longer", metadata: ["lease": "\(name)"]) }
  }
}
