import Competition

/// Trades by REST, `/api/v3/aggTrades`: what a stream of trades left out, or has no connection for. Of trades within one
/// millisecond the last one counts: it is the price from then on. Their quantities add up.
extension BinanceProvider {
  /// Trades in one answer, at most.
  private static let fullAnswer = 1_000
  /// The longest span that one question may have.
  private static let longestSpan = 3_600.0
  private static let tick = 0.001

  func promptSeconds(of key: FeedKey) -> Int? { key.kind == .tick && ticks == .trades ? 600 : nil }

  /// The trades from the request's start on, as many as one answer has; all of the answer's last millisecond or none of it.
  func trades(_ request: FeedRequest) async throws -> FeedPage {
    guard let start = request.start else { return Self.page(try await rows(request, []), request) }
    let last = min(request.end ?? request.now, request.now)
    let end = min(last, start.adding(seconds: Self.longestSpan - Self.tick))
    let query = [("startTime", start.milliseconds), ("endTime", end.milliseconds)]
    let rows = try await rows(request, query.map { ($0.0, String($0.1)) })
    var page = Self.page(rows, request)
    guard rows.count >= Self.fullAnswer else {
      page.continuation = end < last ? .at(end.adding(seconds: Self.tick)) : .end
      return page
    }
    // Of a full answer of rubbish nobody knows how far it goes.
    guard let newest = page.records.last?.eventTime else { return try page.whole() }
    if let oldest = page.records.first?.eventTime, oldest < newest {
      page.records.removeLast()
      page.continuation = .at(newest)
    } else {
      let rest = try await restOfMillisecond(rows, request)
      page.records = rest.records
      page.rejected += rest.rejected
      page.continuation = .at(newest.adding(seconds: Self.tick))
    }
    return page
  }

  /// The last trade of a millisecond that has more of them than an answer, by their numbers.
  /// - Returns: with why rows of the answers behind the first were left out.
  private func restOfMillisecond(_ rows: [JSON], _ request: FeedRequest) async throws -> FeedPage {
    var found = Self.page(rows, request).records
    guard let time = found.first?.eventTime else { return FeedPage() }
    var rows = rows
    var rejected: [String] = []
    while rows.count >= Self.fullAnswer, let number = rows.last?["a"]?.wholeNumber {
      rows = try await self.rows(request, [("fromId", String(number + 1))])
      let more = Self.page(rows, request)
      found += more.records.filter { $0.eventTime == time }
      rejected += more.rejected
      if more.records.contains(where: { $0.eventTime > time }) { break }
    }
    let sum = found.dropFirst().reduce(into: Array(found.prefix(1))) { $0 = [Self.added($1, to: $0[0])] }
    return FeedPage(records: sum, rejected: rejected)
  }

  private func rows(_ request: FeedRequest, _ span: [(String, String)]) async throws -> [JSON] {
    let query = [("symbol", request.key.subject)] + span + [("limit", String(Self.fullAnswer))]
    let answer = try await fetch.get("\(baseURL)/api/v3/aggTrades", query: query)
    guard let rows = answer.array else { throw FeedError("the answer is no list") }
    return rows
  }

  /// Rows `{a: number, p: price, q: quantity, f, l, T: time ms, m, M}`, ascending by number.
  static func page(_ rows: [JSON], _ request: FeedRequest) -> FeedPage {
    var page = FeedPage()
    for (index, row) in rows.enumerated() {
      guard var record = trade(row, request.key, request.now) else {
        page.rejected.append("row \(index) is no trade")
        continue
      }
      if let last = page.records.last, last.eventTime == record.eventTime {
        record = added(record, to: last)
        page.records.removeLast()
      }
      page.records.append(record)
    }
    page.records.sort { $0.eventTime < $1.eventTime }
    return page
  }

  /// `{p: price, q: quantity, T: time ms}`: a trade at its own time.
  static func trade(_ fields: JSON, _ key: FeedKey, _ now: Timestamp) -> FeedRecord? {
    guard let price = fields["p"]?.price, let quantity = fields["q"]?.amount, quantity >= 0,
      let time = fields["T"]?.epochMilliseconds
    else { return nil }
    return FeedRecord(
      key: key, eventTime: time, ingestedTime: now, values: ["price": .double(price), "quantity": .double(quantity)])
  }

  /// A trade with the quantity of an earlier one of the same millisecond.
  static func added(_ trade: FeedRecord, to earlier: FeedRecord) -> FeedRecord {
    var sum = trade
    let quantities = [earlier, trade].compactMap { $0.values["quantity"]?.number }
    sum.values["quantity"] = .double(quantities.reduce(0, +))
    return sum
  }
}

/// Adds up what a stream tells of one millisecond: each of its trades is a message of its own.
struct TradeSums: Sendable {
  private var newest: [FeedKey: (number: Int64, record: FeedRecord)] = [:]
  private var highest: [FeedKey: Int64] = [:]

  /// Which trades of a feed were left out before this one: their numbers follow one on the other. nil: none.
  mutating func left(out key: FeedKey, before number: Int64) -> String? {
    let last = highest[key] ?? number
    highest[key] = max(last, number)
    return number - 1 > last ? "trades \(last + 1) to \(number - 1)" : nil
  }

  /// - Parameter number: of the trade; one that was told before adds nothing.
  mutating func take(_ trade: FeedRecord, number: Int64) -> FeedRecord {
    guard let last = newest[trade.key], last.record.eventTime == trade.eventTime else {
      let isNewer = newest[trade.key].map { $0.record.eventTime < trade.eventTime } ?? true
      if isNewer { newest[trade.key] = (number, trade) }
      return trade
    }
    guard number > last.number else { return last.record }
    let sum = BinanceProvider.added(trade, to: last.record)
    newest[trade.key] = (number, sum)
    return sum
  }
}

extension Timestamp {
  /// Milliseconds since 1970, rounded up.
  fileprivate var milliseconds: Int64 { microseconds / 1_000 + (microseconds % 1_000 > 0 ? 1 : 0) }
}
