import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle

/// Keeps one connection of a provider that streams, and hands what it tells to the inboxes of its feeds. It is opened again
/// whenever it ends, or has not said a word for too long; meanwhile the feeds are asked for.
struct FeedStream: Service {
  let provider: any StreamingProvider
  let inboxes: [FeedKey: FeedInbox]
  let silence: Duration
  let duty: any FeedDuty
  let logger: Logger
  var now: @Sendable () -> Timestamp = { Timestamp.now() }
  /// After a failure; doubles up to the longest.
  var firstPause: Duration = .seconds(1)
  var longestPause: Duration = .seconds(60)

  /// The connections that carry the feeds of these pollers, as many as it takes; none when the provider only answers.
  static func all(
    provider: any FeedProvider, pollers: [FeedPoller], silence: Duration, duty: any FeedDuty, logger: Logger
  ) -> [FeedStream] {
    guard let provider = provider as? any StreamingProvider else { return [] }
    let streamed = pollers.filter { provider.canStream($0.key) }
    return stride(from: 0, to: streamed.count, by: provider.feedsPerStream).map { first in
      let part = streamed[first..<min(first + provider.feedsPerStream, streamed.count)]
      return FeedStream(
        provider: provider,
        inboxes: Dictionary(part.map { ($0.key, $0.inbox) }, uniquingKeysWith: { first, _ in first }),
        silence: silence, duty: duty, logger: logger)
    }
  }

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await keepOpen() }
  }

  private func keepOpen() async throws {
    var pauses = StreamPause(first: firstPause, longest: longestPause)
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      guard duty.isHeld else {
        await rest(.milliseconds(100))
        continue
      }
      let watch = StreamWatch()
      let began = Surrounding.current.uptime
      var failure: FeedError?
      do { try await connection(watch) } catch let error as FeedError { failure = error } catch is CancellationError {
        return
      }
      guard duty.isHeld else {
        logger.info("stream left to the worker that leads")
        continue
      }
      let lasted = Surrounding.current.uptime - began
      let pause = pauses.next(isRenewal: failure == nil, hasSpoken: watch.hasSpoken, lasted: lasted)
      if pause > .zero {
        Counter(label: "coordinator_feed_stream_breaks_total").increment()
        let end = watch.hasSpoken ? "it ended after \(lasted)" : "it ended before it had told anything"
        let cause = failure.map { "\($0)" } ?? end
        logger.warning("no stream, asking instead", metadata: ["cause": "\(cause)", "next": "\(pause)"])
        await rest(pause)
      } else {
        logger.info("stream renewed")
      }
    }
  }

  /// One connection, under a watchdog.
  private func connection(_ watch: StreamWatch) async throws {
    defer { for inbox in inboxes.values { inbox.end() } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await provider.stream(Array(inboxes.keys), now: now) { take($0, watch) } }
      group.addTask { try await watch.run(silence: silence, duty: duty) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func take(_ news: StreamNews, _ watch: StreamWatch) {
    switch news {
    case .opened:
      watch.opened()
      for inbox in inboxes.values { inbox.open() }
      logger.info("stream opened", metadata: ["feeds": "\(inboxes.count)"])
    case .page(let key, let page):
      watch.spoke()
      inboxes[key]?.put(page)
    case .rejected(let reason):
      Counter(label: "coordinator_feed_rows_rejected_total", dimensions: [("subject", "")]).increment()
      // It may have been a tick of any of them.
      for (key, inbox) in inboxes where key.kind == .tick { inbox.miss() }
      if let unsaid = watch.mayComplain() {
        logger.warning("message left out", metadata: ["reason": "\(reason)", "unsaid": "\(unsaid)"])
      }
    case .alive: watch.spoke()
    case .remark(let text):
      if watch.mayComplain() != nil { logger.info("the provider says", metadata: ["text": "\(text.prefix(1_000))"]) }
    }
  }
}
