import Competition
import NIOWebSocket
import Synchronization
import WebSockets

extension BinanceProvider: StreamingProvider {
  /// Binance takes 1,024 in one connection, but the request that opens it has to stay of a sane length.
  var feedsPerStream: Int { 200 }

  func canStream(_ key: FeedKey) -> Bool {
    streams && Self.streamName(key) != nil && (key.kind != .tick || ticks == .trades)
  }

  func stream(
    _ keys: [FeedKey], now: @Sendable @escaping () -> Timestamp, receive: @Sendable @escaping (StreamNews) -> Void
  ) async throws {
    let byName = Dictionary(
      keys.compactMap { key in Self.streamName(key).map { ($0, key) } }, uniquingKeysWith: { first, _ in first })
    let link: WebSocketLink
    do {
      link = try await endpoint.connect("/stream?streams=\(byName.keys.sorted().joined(separator: "/"))")
    } catch let error as CancellationError {
      throw error
    } catch {
      throw FeedError("no stream from \(endpoint.host): \(error)")
    }
    receive(.opened)
    let (outgoing, _) = AsyncStream<String>.makeStream()
    do {
      let code = try await withThrowingTaskGroup(of: WebSocketErrorCode?.self) { group in
        group.addTask {
          let sums = Mutex(TradeSums())
          return try await link.run(outgoing: outgoing) { text in
            for news in Self.news(text, feeds: byName, sums: sums, now: now()) { receive(news) }
          }
        }
        group.addTask {
          try await Task.sleep(for: longestConnection)
          return .normalClosure
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
      if let code, code != .normalClosure { throw FeedError("the stream was closed: \(code)") }
      if code == nil { throw FeedError("the stream broke off") }
    } catch let error as FeedError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw FeedError("the stream broke off: \(error)")
    }
  }

  /// The stream of a feed, as in `btcusdt@kline_1m`; nil for what is only to be asked for.
  static func streamName(_ key: FeedKey) -> String? {
    switch key.kind {
    case .candle: intervals.contains(key.granularity) ? "\(key.subject.lowercased())@kline_\(key.granularity)" : nil
    case .tick: "\(key.subject.lowercased())@aggTrade"
    default: nil
    }
  }

  /// What a message of a combined stream, `{stream, data}`, tells of the feeds that were asked for.
  /// - Parameter sums: of the trades that were told before.
  static func news(
    _ text: String, feeds: [String: FeedKey], sums: borrowing Mutex<TradeSums>, now: Timestamp
  ) -> [StreamNews] {
    let message: JSON
    do { message = try JSON(parsing: Array(text.utf8), nonFinite: .accept) } catch {
      return [.rejected("a message that is no JSON: \(error)")]
    }
    // Answers to commands have no stream; none is asked for here.
    guard let name = message["stream"]?.string, let data = message["data"] else {
      return [.rejected("a message without stream or data")]
    }
    guard let key = feeds[name] else { return [.rejected("a message of a stream that was not asked for")] }
    let record = key.kind == .candle ? candle(data, key, now) : names(data, key) ? trade(data, key, now) : nil
    guard let record else { return [.page(key, FeedPage(rejected: ["a message that is no \(key.kind.rawValue)"]))] }
    var page = FeedPage(records: [record])
    if key.kind != .candle, let number = data["a"]?.wholeNumber {
      sums.withLock { sums in
        page.lacks = sums.left(out: key, before: number)
        page.records = [sums.take(record, number: number)]
      }
    }
    return [.page(key, page)]
  }

  /// `{k: {t, T, s, i, o, h, l, c, v, x}}`: a candle that is forming, or its final values when `x` is true.
  private static func candle(_ data: JSON, _ key: FeedKey, _ now: Timestamp) -> FeedRecord? {
    guard let fields = data["k"], fields["i"]?.string == key.granularity, names(fields, key),
      let opened = fields["t"]?.epochMilliseconds, let open = fields["o"]?.price, let high = fields["h"]?.price,
      let low = fields["l"]?.price, let close = fields["c"]?.price, let volume = fields["v"]?.amount, volume >= 0,
      let isClosed = fields["x"]?.bool
    else { return nil }
    return FeedRecord(
      key: key, eventTime: Timestamp(seconds: opened.seconds), ingestedTime: now,
      values: [
        "open": .double(open), "high": .double(high), "low": .double(low), "close": .double(close),
        "volume": .double(volume),
      ], meta: [FeedRecord.closedMetaKey: .bool(isClosed)])
  }

  private static func names(_ fields: JSON, _ key: FeedKey) -> Bool {
    fields["s"]?.string?.uppercased() == key.subject.uppercased()
  }
}
