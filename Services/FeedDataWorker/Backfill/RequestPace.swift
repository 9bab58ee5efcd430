import ServiceKit
import Synchronization

/// How often a provider is asked for history: evenly, so that the feed that is taken in meanwhile has the rest of what the
/// provider allows.
final class RequestPace: Sendable {
  private let interval: Duration
  /// On the clock of `Surroundings.uptime`.
  private let next = Mutex<Duration>(.zero)

  init(requestsPerSecond: Double) { interval = .seconds(1 / requestsPerSecond) }

  /// Waits for the caller's turn, or until the process drains.
  func turn() async {
    let now = Surrounding.current.uptime
    let turn = next.withLock { next in
      let turn = max(now, next)
      next = turn + interval
      return turn
    }
    if turn > now { await rest(turn - now) }
  }
}
