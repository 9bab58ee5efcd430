import Competition
import Testing

@Suite("A metric window carries what is needed from bucket to bucket")
struct MetricWindowTests {
  /// SplitMix64: the same numbers every time.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
      return bits ^ bits >> 31
    }
  }

  private static func answer(
    _ model: String, input: String, scope: String = "S", at time: Timestamp, output: Double, outcome: Double,
    score: Double = 0
  ) -> ScoredAnswer {
    ScoredAnswer(
      prediction: Prediction(
        id: "\(model)-\(input)-\(scope)", inputID: input, modelID: model, configID: nil, scopeKey: scope, scope: [:],
        status: .scored, output: ["value": .double(output)], performedAt: time, resolvableAt: time),
      result: ["value": .double(score), "actual_return": .double(outcome)], truth: nil,
      periodStart: time.floored(toSeconds: 60))
  }

  private func history(_ dice: inout Dice) -> [ScoredAnswer] {
    var answers: [ScoredAnswer] = []
    for slot in 0..<120 {
      for scope in ["BTC-60", "ETH-60"] {
        let outcome = Double.random(in: -0.01...0.01, using: &dice)
        for model in ["a", "b", "c", "__ensemble_main__"] where Int.random(in: 0..<10, using: &dice) > 0 {
          answers.append(
            Self.answer(
              model, input: "INP_\(10_000 + slot)", scope: scope, at: Timestamp(seconds: Int64(slot * 15)),
              output: (Double.random(in: -1...1, using: &dice) * 4).rounded() / 4, outcome: outcome,
              score: Double.random(in: -1...1, using: &dice)))
        }
      }
    }
    return answers
  }

  @Test("kept and forgotten bucket by bucket, all metrics are those over the whole history")
  func incremental() throws {
    var dice = Dice(state: 7)
    for _ in 0..<2 {
      let buckets = Dictionary(grouping: history(&dice), by: \.periodStart).sorted { $0.key < $1.key }
      var kept = MetricWindow(seconds: 600)
      for (index, (start, answers)) in buckets.enumerated() {
        let end = start.adding(seconds: 60)
        kept.forget(endingAt: end)
        // First a part of it becomes known, then all, and something of the next one.
        kept.replace(start, with: Array(answers.shuffled(using: &dice).prefix(answers.count / 2)))
        kept.replace(start, with: answers.shuffled(using: &dice))
        if index + 1 < buckets.count { kept.replace(buckets[index + 1].key, with: buckets[index + 1].value) }
        var whole = MetricWindow(seconds: 600)
        for (start, answers) in buckets { whole.replace(start, with: answers) }
        let ensembles = ["__ensemble_main__"]
        let left = Metric.builtIn.summaries(of: kept.panel(endingAt: end, ensembles: ensembles))
        let right = Metric.builtIn.summaries(of: whole.panel(endingAt: end, ensembles: ensembles))
        #expect(left == right)
        if index > 2 { #expect(left["a"]?.count == 11) }
        #expect(kept.count <= 2 * (600 / 15 + 2 * 60 / 15))
      }
    }
  }

  @Test("a window holds its first moment and not its last")
  func borders() {
    var window = MetricWindow(seconds: 60)
    for second in [39, 40, 99, 100] {
      let time = Timestamp(seconds: Int64(second))
      window.replace(time, with: [Self.answer("a\(second)", input: "I\(second)", at: time, output: 1, outcome: 1)])
    }
    let panel = window.panel(endingAt: Timestamp(seconds: 100))
    #expect(panel.series.map(\.modelID) == ["a40", "a99"])
  }

  @Test("a bucket again takes the place of what was known of it")
  func replaced() {
    var window = MetricWindow(seconds: 60)
    let start = Timestamp(seconds: 0)
    for outcome in [1.0, -1] {
      let time = Timestamp(seconds: 10)
      window.replace(start, with: [Self.answer("a", input: "I", at: time, output: 1, outcome: outcome)])
    }
    #expect(window.count == 1)
    let summaries = Metric.builtIn.summaries(of: window.panel(endingAt: Timestamp(seconds: 60)))
    #expect(summaries["a"]?["hit_rate"] == .double(0))
  }

  @Test("an answer that was scored after its bucket was sealed counts from the bucket that counts its score")
  func late() {
    var late = Self.answer("a", input: "I", at: Timestamp(seconds: 10), output: 1, outcome: 1)
    late.periodStart = Timestamp(seconds: 120)
    var window = MetricWindow(seconds: 60)
    window.replace(late.periodStart, with: [late])
    #expect(window.panel(endingAt: Timestamp(seconds: 60)).series.isEmpty)
    #expect(window.panel(endingAt: Timestamp(seconds: 180)).series.map(\.modelID) == ["a"])
  }
}
