import Competition

/// A provider that also tells of what is new by itself. Asking stays possible, and is what fills gaps: a stream is only
/// faster.
public protocol StreamingProvider: FeedProvider {
  /// Whether this feed can be streamed; one that cannot is asked for.
  func canStream(_ key: FeedKey) -> Bool

  /// How many feeds one connection carries.
  var feedsPerStream: Int { get }

  /// Keeps one connection for these feeds and hands on what comes, in the order in which it comes, until the connection ends
  /// or the task is cancelled. Returns when it ended as it should, for instance before the provider would cut it off.
  /// - Parameters:
  ///   - now: the clock that records are stamped by.
  ///   - receive: must not wait.
  /// - Throws: `FeedError` with the reason why there is no connection, or none any more.
  func stream(
    _ keys: [FeedKey], now: @Sendable @escaping () -> Timestamp, receive: @Sendable @escaping (StreamNews) -> Void
  ) async throws
}

/// What a stream tells.
public enum StreamNews: Sendable, Hashable {
  /// It is there from now on; what came before has to be asked for.
  case opened
  case page(FeedKey, FeedPage)
  /// A message that makes no sense, and why.
  case rejected(String)
  /// There is nothing new, which is no silence.
  case alive
  /// Something for people to read.
  case remark(String)
}
