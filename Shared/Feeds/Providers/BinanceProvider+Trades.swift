import Competition

/// Trades by REST, `/api/v3/aggTrades`: what a stream of trades left out, or has no connection for. Of trades within one
/// millisecond the last one counts: it is the price from then on.
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
    guard rows.count >= Self.fullAnswer, let newest = page.records.last?.eventTime else {
      page.continuation = end < last ? .at(end.adding(seconds: Self.tick)) : .end
      return page
    }
    if let oldest = page.records.first?.eventTime, oldest < newest {
      page.records.removeLast()
      page.continuation = .at(newest)
    } else {
      page.records = try await restOfMillisecond(rows, request)
      page.continuation = .at(newest.adding(seconds: Self.tick))
    }
    return page
  }

  /// The last trade of a millisecond that has more of them than an answer, by their numbers.
  private func restOfMillisecond(_ rows: [JSON], _ request: FeedRequest) async throws -> [FeedRecord] {
    let first = Self.page(rows, request).records
    guard let time = first.first?.eventTime else { return [] }
    var rows = rows
    var found = first
    while rows.count >= Self.fullAnswer, let number = rows.last?["a"]?.wholeNumber {
      rows = try await self.rows(request, [("fromId", String(number + 1))])
      let more = Self.page(rows, request).records
      found += more.filter { $0.eventTime == time }
      if more.contains(where: { $0.eventTime > time }) { break }
    }
    return found.suffix(1)
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
      guard let price = row["p"]?.price, let time = row["T"]?.epochMilliseconds else {
        page.rejected.append("row \(index) is no trade")
        continue
      }
      let record = FeedRecord(
        key: request.key, eventTime: time, ingestedTime: request.now, values: ["price": .double(price)])
      if page.records.last?.eventTime == time { page.records.removeLast() }
      page.records.append(record)
    }
    page.records.sort { $0.eventTime < $1.eventTime }
    return page
  }
}

extension Timestamp {
  /// Milliseconds since 1970, rounded up.
  fileprivate var milliseconds: Int64 { microseconds / 1_000 + (microseconds % 1_000 > 0 ? 1 : 0) }
}
