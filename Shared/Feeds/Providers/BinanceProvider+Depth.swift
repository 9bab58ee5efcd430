import Competition

extension FeedKind {
  /// The best prices and amounts of an order book.
  static let depth = FeedKind(rawValue: "depth")
}

extension BinanceProvider {
  /// The top of an order book `{bids: [[price, amount]], asks: …}`, best first. A side without orders counts as 0.
  static func depth(_ answer: JSON, _ request: FeedRequest, limit: Int) -> FeedPage {
    guard let book = answer.object else {
      return FeedPage(rejected: ["the answer is no order book"])
    }
    guard let bids = side(book["bids"], limit), let asks = side(book["asks"], limit) else {
      return FeedPage(rejected: ["an order that is no price and amount"])
    }
    let bid = bids.first?.price ?? 0
    let ask = asks.first?.price ?? 0
    let bought = bids.reduce(0) { $0 + $1.amount }
    let sold = asks.reduce(0) { $0 + $1.amount }
    let total = bought + sold
    return FeedPage(records: [
      present(
        [
          "best_bid": .double(bid), "best_ask": .double(ask), "spread": .double(ask - bid),
          "mid_price": .double((bid + ask) / 2), "bid_depth": .double(bought),
          "ask_depth": .double(sold),
          "imbalance": .double(total > 0 ? (bought - sold) / total : 0), "bids_top": list(bids),
          "asks_top": list(asks),
        ], request)
    ])
  }

  private static func side(_ orders: JSON?, _ limit: Int) -> [(price: Double, amount: Double)]? {
    var side: [(Double, Double)] = []
    for order in (orders?.array ?? []).prefix(limit) {
      guard let pair = order.array, pair.count >= 2, let price = pair[0].price,
        let amount = pair[1].amount, amount >= 0
      else { return nil }
      side.append((price, amount))
    }
    return side
  }

  private static func list(_ side: [(price: Double, amount: Double)]) -> JSON {
    .array(side.map { [.double($0.price), .double($0.amount)] })
  }
}
