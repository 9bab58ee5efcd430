import Competition
import HTTPFetch
import Synchronization

extension PythProvider: StreamingProvider {
  /// Ids are 64 digits each, and the address that names them has to stay of a sane length.
  var feedsPerStream: Int { 50 }

  func canStream(_ key: FeedKey) -> Bool { streams && (key.kind == .tick || key.kind == .candle) }

  /// Hermes ends a connection after 24 h; ours ends before.
  private static let longestConnection = 23.0 * 3_600

  func stream(
    _ keys: [FeedKey], now: @Sendable @escaping () -> Timestamp, receive: @Sendable @escaping (StreamNews) -> Void
  ) async throws {
    for key in keys where feedID(of: key.subject) == nil { try await lookUp(key.subject) }
    let feeds = keys.compactMap { key in feedID(of: key.subject).map { (key: key, id: $0) } }
    // Of the prices published within one second only the first, which is the one that the past answers with.
    let query = feeds.map { ("ids[]", $0.id) } + [("parsed", "true"), ("benchmarks_only", "true")]
    var request = HTTPRequest(
      url: JSONFetch.url("\(baseURL)/v2/updates/price/stream", query),
      headers: headers.merging(["Accept": "text/event-stream"]) { $1 })
    request.timeout = Self.longestConnection
    request.maximumBody = .max
    request.authorities = authorities
    let parser = Mutex(EventStreamParser())
    let answer: HTTPResponse
    do {
      answer = try await HTTPClient().stream(request) { head in
        if head.status == 200 { receive(.opened) }
      } receive: { [self] bytes in
        for event in parser.withLock({ $0.take(bytes) }) {
          for news in news(event, feeds, now: now()) { receive(news) }
        }
      }
    } catch let error as HTTPError {
      // Its time was over, if it had begun.
      if case .timedOut = error, parser.withLock({ $0.hasBegun }) { return }
      throw FeedError("the stream broke off: \(error)")
    }
    guard answer.status == 200 else { throw FeedError("no stream: \(JSONFetch.refusal(answer.status))") }
  }

  /// What an event tells of the feeds that were asked for.
  func news(
    _ event: EventStreamParser.Event, _ feeds: [(key: FeedKey, id: String)], now: Timestamp
  ) -> [StreamNews] {
    guard event.name == "message" else { return [.rejected("an event \(event.name): \(event.data.prefix(200))")] }
    let message: JSON
    do { message = try JSON(parsing: Array(event.data.utf8), nonFinite: .accept) } catch {
      return [.rejected("an event that is no JSON: \(error)")]
    }
    guard let parsed = message["parsed"], parsed.array != nil else { return [.rejected("an event without prices")] }
    return feeds.compactMap { feed in
      let updates = Self.updates(parsed, id: feed.id, FeedRequest(key: feed.key, now: now), quality)
      let page = page(updates, feed.key)
      return page == FeedPage() ? nil : .page(feed.key, page)
    }
  }
}
