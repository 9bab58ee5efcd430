import ServiceKit
import Store

extension FeedPoller {
  /// Lets the provider look at the feed, with what it kept about it, and keeps what it answers.
  func prepare() async throws {
    let stored = try await persistently("read the feed's state", logger: logger) {
      try await store.feeds.providerState(of: key)
    }
    var state = try await provider.prepare(key, stored: stored, now: now())
    state = try await provider.check(key, stored: state, now: now())
    guard state != stored else { return }
    try await persistently("store the feed's state", logger: logger) {
      try await store.feeds.setProviderState(state, of: key)
    }
  }
}
