import Competition

extension FeedKind {
  /// The funding rate of a perpetual future, with its mark and index price.
  static let funding = FeedKind(rawValue: "funding")
}

extension BinanceProvider {
  /// `{markPrice, indexPrice, lastFundingRate, nextFundingTime}`; what is missing counts as 0.
  static func funding(_ answer: JSON, _ request: FeedRequest) -> FeedPage {
    guard let object = answer.object else {
      return FeedPage(rejected: ["the answer is no funding rate"])
    }
    func amount(_ name: String) -> Double? { object[name].map(\.amount) ?? 0 }
    guard let rate = amount("lastFundingRate"), let mark = amount("markPrice"),
      let index = amount("indexPrice"),
      let next = object["nextFundingTime"].map(\.epochMilliseconds) ?? Timestamp(seconds: 0)
    else { return FeedPage(rejected: ["a funding rate that is no number"]) }
    return FeedPage(records: [
      present(
        [
          "funding_rate": .double(rate), "mark_price": .double(mark), "index_price": .double(index),
          "basis": .double(index > 0 ? (mark - index) / index : 0),
          "next_funding_ts": .int(next.seconds),
        ], request)
    ])
  }
}
