import Competition

/// The past, from Hermes' answers to "the first price published at or after this second". A tick feed gets one price for each of
/// its steps; a candle is made of its first and last price, which are exact, and some between.
extension PythProvider {
  /// Marks a candle whose high and low are those of some of its prices.
  static let sampledKey = "sampled"

  /// Questions in one page, at least.
  private static let questions = 10
  /// The prices of so many seconds may not have reached Hermes yet: a candle is whole when it ended before them.
  private static let lagSeconds = 2.0
  /// Prices of a candle that are asked for, besides the last one.
  private static let pricesInCandle = 12

  func promptSeconds(of key: FeedKey) -> Int? { 60 }

  /// Seconds without a price from which on the past is asked for; for a feed that is polled less is no gap. A candle that is over
  /// and not closed has lost its last prices.
  static func gapSeconds(of request: FeedRequest) -> Double {
    guard !request.wantsAll else { return lagSeconds }
    let step = Double(bucketSeconds(request.key.granularity))
    return request.key.kind == .candle && step >= 10 ? step + lagSeconds : max(10, 2 * step)
  }

  func history(from start: Timestamp, id: String, _ request: FeedRequest) async throws -> FeedPage {
    let key = request.key
    let end = min(request.end ?? request.now, request.now)
    let settled = min(end, request.now.adding(seconds: -Self.lagSeconds))
    var cursor = start.floored(toSeconds: key.kind == .candle ? Self.bucketSeconds(key.granularity) : 1)
    var found = Updates()
    var asked = 0
    var isAtEnd = cursor > end
    // A page ends between two candles.
    while !isAtEnd, asked < Self.questions || !Self.isFirst(cursor, key) {
      asked += 1
      let answer = try await first(from: cursor, id: id, request)
      found.rejected += answer?.rejected ?? []
      found.refused += answer?.refused ?? []
      let update = answer?.taken.first
      if let update, update.published <= end { found.taken.append(update) }
      cursor = Self.next(after: max(update?.published ?? cursor, cursor), key)
      isAtEnd = answer == nil || cursor > end
    }
    var page = FeedPage(
      records: records(found.taken, key, end: settled), rejected: found.rejected, continuation: .at(cursor))
    page.refused = found.refused
    guard isAtEnd else { return page }
    page.continuation = .end
    if end == request.now {
      let known = found.taken.last?.published
      let latest = try await latest(id: id, request).taken.filter { update in
        known.map { update.published > $0 } ?? true
      }
      let forming = found.taken.filter { key.kind == .candle && !Self.isWhole($0.record, end: settled) } + latest
      page.records += forming.flatMap { grown($0, key) }.filter { !Self.isWhole($0, end: settled) }
    }
    return page
  }

  /// nil: nothing was published from there on.
  private func first(from time: Timestamp, id: String, _ request: FeedRequest) async throws -> Updates? {
    let answer = try await fetch.getIfThere(
      "\(baseURL)/v2/updates/price/\(time.seconds)", query: [("ids[]", id), ("parsed", "true")], patience: Self.patience
    )
    guard let answer else { return nil }
    guard let parsed = answer["parsed"] else { throw FeedError("the answer has no prices") }
    // It is as fresh as it was then.
    let asked = FeedRequest(key: request.key, start: time, now: time)
    var updates = Self.updates(parsed, id: id, asked, quality)
    for index in updates.taken.indices { updates.taken[index].record.ingestedTime = request.now }
    return updates
  }

  /// Ticks as they are, and the candles that ended before `end`, as closed ones.
  private func records(_ updates: [Update], _ key: FeedKey, end: Timestamp) -> [FeedRecord] {
    guard key.kind == .candle else { return updates.map(\.record) }
    let isSampled = Self.candleStep(key) > 1
    var candles: [Timestamp: FormingCandle] = [:]
    for update in updates where Self.isWhole(update.record, end: end) {
      _ = candles[update.record.eventTime, default: FormingCandle()].take(update.record, published: update.published)
    }
    return candles.values.compactMap { candle in
      var record = candle.closed
      if isSampled { record?.meta[Self.sampledKey] = true }
      return record
    }.sorted { $0.eventTime < $1.eventTime }
  }

  /// Whether a record is a candle that ended before `end`.
  private static func isWhole(_ record: FeedRecord, end: Timestamp) -> Bool {
    record.key.kind == .candle && record.knownTime <= end
  }

  /// Whether a page may begin here.
  private static func isFirst(_ time: Timestamp, _ key: FeedKey) -> Bool {
    key.kind != .candle || time == time.floored(toSeconds: bucketSeconds(key.granularity))
  }

  private static func candleStep(_ key: FeedKey) -> Int { max(1, bucketSeconds(key.granularity) / pricesInCandle) }

  /// When the next price is wanted: at the next step, and a second before a candle ends.
  static func next(after time: Timestamp, _ key: FeedKey) -> Timestamp {
    let size = bucketSeconds(key.granularity)
    guard key.kind == .candle else { return time.floored(toSeconds: size).adding(seconds: size) }
    let opened = time.floored(toSeconds: size)
    let elapsed = Int(time.seconds - opened.seconds)
    guard elapsed < size - 1 else { return opened.adding(seconds: size) }
    let step = candleStep(key)
    return opened.adding(seconds: min((elapsed / step + 1) * step, size - 1))
  }
}
