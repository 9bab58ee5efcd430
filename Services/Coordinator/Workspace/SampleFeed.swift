import Competition

/// Minute candles that are made up, always the same: they show the form of a recorded feed, and no market.
enum SampleFeed {
  private static let start = Timestamp(seconds: 1_767_225_600)
  private static let minutes = 360

  static func csv(subjects: [String]) -> String {
    var lines = ["time,subject,open,high,low,close,volume"]
    for (index, subject) in subjects.enumerated() {
      // A linear congruential generator: the same numbers everywhere, without any fraction being rounded.
      var state = UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      func next(_ bound: UInt64) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % bound)
      }
      // Prices in hundredths. Moves go on for a while: there is something to find.
      var price = index == 0 ? 4_500_000 : 250_000
      var drift = 0
      for minute in 0..<minutes {
        if minute % 20 == 0 { drift = next(7) - 3 }
        let open = price
        price += (price / 20_000) * (drift + next(11) - 5)
        let high = max(open, price) + next(UInt64(max(1, price / 10_000)))
        let low = min(open, price) - next(UInt64(max(1, price / 10_000)))
        let prices = [open, high, low, price].map(decimal).joined(separator: ",")
        lines.append("\(start.adding(seconds: 60 * minute).iso8601(.z)),\(subject),\(prices),\(1 + next(50))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func decimal(_ hundredths: Int) -> String {
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
