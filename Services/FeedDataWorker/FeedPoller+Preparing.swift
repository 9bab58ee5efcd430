import Competition
import Feeds
import ServiceKit
import Store

extension FeedPoller {
  /// A feed that was taken in within so many seconds is there: who takes it over is live the sooner.
  private static let seenSeconds = 3_600

  /// Lets the provider look at the feed, with what it kept about it, and keeps what it answers.
  func prepare() async throws {
    let (stored, watermark) = try await persistently("read the feed's state", logger: logger) {
      (try await store.feeds.providerState(of: key), try await store.feeds.watermark(of: key))
    }
    let state = try await provider.prepare(key, stored: stored, now: now())
    let seen = max(Self.seenSeconds, 2 * (Granularity(key.granularity)?.seconds ?? 0))
    if watermark.map({ now().seconds(since: $0) > Double(seen) }) ?? true { try await check() }
    guard state != stored else { return }
    try await persistently("store the feed's state", logger: logger) {
      try await store.feeds.setProviderState(state, of: key)
    }
  }

  /// - Throws: `FeedError`; one that ends the worker names the setting that the subject is from.
  private func check() async throws {
    do { try await provider.check(key, now: now()) } catch let error as FeedError where !error.isTransient {
      throw FeedError("FEED_SUBJECTS: \(error.reason)", isTransient: false)
    }
  }
}
