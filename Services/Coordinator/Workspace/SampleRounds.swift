import Competition

/// Rounds that are made up, always the same: they show the form of a file of rounds, and nothing of what rounds are about.
enum SampleRounds {
  /// A JSON object a row: the truth is the mean of its features, and something that no feature tells.
  static func lines(rounds: Int, rows: Int) -> String {
    // A linear congruential generator: the same numbers everywhere.
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % 2_001) - 1_000
    }
    var lines = ""
    for round in 1...rounds {
      for _ in 0..<rows {
        let features = [next(), next(), next()]
        let truth = features.reduce(0, +) / 3 + next() / 4
        let row: JSONObject = [
          "round_id": .string("sample-\(round)"),
          "features": .object(JSONObject(zip(["a", "b", "c"], features).map { ($0, .double(Double($1) / 1_000)) })),
          "truth": ["value": .double(Double(truth) / 1_000)],
        ]
        lines += JSON.object(row).text + "\n"
      }
    }
    return lines
  }
}
