import Competition

/// Rounds that are made up, always the same: they show the form of a file of rounds, and nothing of what rounds are about.
enum SampleRounds {
  /// A JSON object a row.
  static func lines(rounds: Int, rows: Int) -> String {
    var numbers = Numbers()
    var lines = ""
    for round in 1...rounds {
      for _ in 0..<rows {
        let row = numbers.row()
        lines +=
          JSON.object([
            "round_id": .string("sample-\(round)"), "features": .object(row.features), "truth": .object(row.truth),
          ]).text + "\n"
      }
    }
    return lines
  }

  /// A round as it is posted: features, and the truth of each row.
  static func round(rows: Int) -> String {
    var numbers = Numbers()
    let made = (0..<rows).map { _ in numbers.row() }
    return JSON.object([
      "features": .array(made.map { .object($0.features) }), "ground_truth": .array(made.map { .object($0.truth) }),
    ]).text + "\n"
  }

  /// A linear congruential generator: the same numbers everywhere.
  private struct Numbers {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// From -1,000 to 1,000.
    private mutating func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % 2_001) - 1_000
    }

    /// The truth is the mean of the features, and something that no feature tells.
    mutating func row() -> (features: JSONObject, truth: JSONObject) {
      let features = [next(), next(), next()]
      let truth = features.reduce(0, +) / 3 + next() / 4
      return (
        JSONObject(zip(["a", "b", "c"], features).map { ($0, JSON.double(Double($1) / 1_000)) }),
        ["value": .double(Double(truth) / 1_000)]
      )
    }
  }
}
