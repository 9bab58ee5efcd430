import Feeds
import ServiceKit
import Synchronization

/// Ends a connection that says nothing for too long, or that is another worker's now.
final class StreamWatch: Sendable {
  private struct State {
    var lastWord = Surrounding.current.uptime
    var hasSpoken = false
    var complaints = LogAllowance()
  }

  private let state = Mutex(State())

  var hasSpoken: Bool { state.withLock { $0.hasSpoken } }

  func opened() { state.withLock { $0.lastWord = Surrounding.current.uptime } }

  func spoke() {
    state.withLock { state in
      state.lastWord = Surrounding.current.uptime
      state.hasSpoken = true
    }
  }

  /// Whether one more line about this connection may go into the log: how many did not since the last one that did. nil: it
  /// may not.
  func mayComplain() -> Int? { state.withLock { $0.complaints.take(at: Surrounding.current.uptime) } }

  /// Returns when another worker leads the feed.
  /// - Throws: `FeedError` when nothing was said for too long.
  func run(silence: Duration, duty: any FeedDuty) async throws {
    while duty.isHeld {
      try Task.checkCancellation()
      let left = state.withLock { $0.lastWord } + silence - Surrounding.current.uptime
      guard left > .zero else { throw FeedError("the stream said nothing for \(silence)") }
      try await Surrounding.current.sleep(for: min(left, .milliseconds(500)))
    }
  }
}
