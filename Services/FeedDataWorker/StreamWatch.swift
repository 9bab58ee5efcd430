import Feeds
import ServiceKit
import Synchronization

/// Ends a connection that says nothing for too long, or that is another worker's now.
final class StreamWatch: Sendable {
  private struct State {
    var lastWord = Surrounding.current.uptime
    var hasSpoken = false
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

  /// Returns never; throws `FeedError` when the connection is to end.
  func run(silence: Duration, duty: any FeedDuty) async throws {
    while true {
      try Task.checkCancellation()
      guard duty.isHeld else { throw FeedError("another worker leads this feed") }
      let left = state.withLock { $0.lastWord } + silence - Surrounding.current.uptime
      guard left > .zero else { throw FeedError("the stream said nothing for \(silence)") }
      try await Task.sleep(for: min(left, .milliseconds(500)))
    }
  }
}
