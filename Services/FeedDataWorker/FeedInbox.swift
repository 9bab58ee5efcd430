import Competition
import Feeds
import ServiceKit
import Synchronization

/// What a stream has told of one feed and the poller has not taken yet. It is bounded: what is too much is left to the next
/// walk, which asks for it.
final class FeedInbox: Sendable {
  static let capacity = 10_000

  private struct State {
    var pages: [FeedPage] = []
    var dropped = 0
    var opened = false
    var missed = false
    var ended = false
    var isOpen = false
    var bell: AsyncStream<Void>.Continuation?
  }

  /// What came since the last time.
  struct Content: Sendable {
    var pages: [FeedPage]
    /// Pages that were too many: they have to be asked for.
    var dropped: Int
    /// The stream is new: what came before it has to be asked for.
    var opened: Bool
    /// A message made no sense, and may have been one of this feed.
    var missed: Bool
    /// The stream has ended.
    var ended: Bool
    /// Whether there is a stream now.
    var isOpen: Bool
  }

  private let state = Mutex(State())

  func put(_ page: FeedPage) {
    change { state in
      state.pages.append(page)
      if state.pages.count > Self.capacity {
        state.dropped += state.pages.count
        state.pages = []
        state.opened = true
      }
    }
  }

  func open() { change { ($0.opened, $0.isOpen) = (true, true) } }
  func miss() { change { $0.missed = true } }
  func end() { change { ($0.ended, $0.isOpen) = (true, false) } }

  func take() -> Content {
    state.withLock { state in
      defer {
        (state.pages, state.dropped, state.opened, state.missed, state.ended) = ([], 0, false, false, false)
      }
      return Content(
        pages: state.pages, dropped: state.dropped, opened: state.opened, missed: state.missed, ended: state.ended,
        isOpen: state.isOpen)
    }
  }

  /// Waits until something is there, at most so long, and not longer than until the process drains.
  func wait(atMost duration: Duration) async {
    let (bells, bell) = AsyncStream<Void>.makeStream()
    state.withLock { state in
      if state.pages.isEmpty, !state.opened, !state.missed, !state.ended { state.bell = bell } else { bell.finish() }
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await rest(duration) }
      group.addTask { for await _ in bells {} }
      await group.next()
      group.cancelAll()
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let bell = state.withLock { state in
      body(&state)
      defer { state.bell = nil }
      return state.bell
    }
    bell?.finish()
  }
}
