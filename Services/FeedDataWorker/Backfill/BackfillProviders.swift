import Competition
import Feeds
import Store

/// Who is asked for history: for the worker's own source the provider of its feeds, with its options and its allowance of
/// requests; for another one that is known a provider without options.
actor BackfillProviders {
  nonisolated let ownSource: String
  private let own: (any FeedProvider)?
  private let ownKeys: Set<FeedKey>
  private let feeds: FeedStore
  private let make: @Sendable (String) throws -> any FeedProvider
  private var others: [String: any FeedProvider] = [:]
  private var prepared: Set<FeedKey> = []

  /// - Parameters:
  ///   - provider: of the worker's own source; nil: a recorded feed is played, and that is all there is of it.
  ///   - keys: of the feeds that the worker takes in; their pollers prepare them.
  ///   - make: a provider by name.
  init(
    source: String, provider: (any FeedProvider)?, keys: [FeedKey], feeds: FeedStore,
    make: @Sendable @escaping (String) throws -> any FeedProvider
  ) {
    ownSource = source
    own = provider
    ownKeys = Set(keys)
    self.feeds = feeds
    self.make = make
  }

  /// - Throws: `FeedError` when there is no such provider, it has no past, or it does not offer the feed.
  func provider(of key: FeedKey, now: Timestamp) async throws -> any FeedProvider {
    let provider = try provider(of: key.source)
    if let reason = provider.hasNoPast { throw FeedError(reason, isTransient: false) }
    if !ownKeys.contains(key), !prepared.contains(key) {
      _ = try await provider.prepare(key, stored: try await feeds.providerState(of: key), now: now)
      do { try await provider.check(key, now: now) } catch let error as FeedError {
        // What nobody trades any more has a past, and who does not answer now is asked again for that.
        guard error.isTransient else { throw error }
      }
      prepared.insert(key)
    }
    return provider
  }

  private func provider(of source: String) throws -> any FeedProvider {
    if source == ownSource {
      guard let own else {
        throw FeedError(
          "the feed of \(source) is played from a file (FEED_OPT_SPEED=max), and all that there is of it is in that file",
          isTransient: false)
      }
      return own
    }
    if let known = others[source] { return known }
    let provider = try make(source)
    others[source] = provider
    return provider
  }
}
