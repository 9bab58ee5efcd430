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

  /// What happened, in the order in which it became known.
  private struct Event {
    var model: String
    var key: MetricKey
    var time: Timestamp
    var cell: MetricCell
  }

  private func history(_ dice: inout Dice) -> [Event] {
    var events: [Event] = []
    for slot in 0..<120 {
      for scope in ["BTC-60", "ETH-60"] {
        let key = MetricKey(inputID: "INP_\(10_000 + slot)", scopeKey: scope)
        let outcome = Double.random(in: -0.01...0.01, using: &dice)
        for model in ["a", "b", "c", "__ensemble_main__"] where Int.random(in: 0..<10, using: &dice) > 0 {
          let cell = MetricCell(
            signal: (Double.random(in: -1...1, using: &dice) * 4).rounded() / 4, outcome: outcome,
            value: Double.random(in: -1...1, using: &dice))
          events.append(Event(model: model, key: key, time: Timestamp(seconds: Int64(slot * 15)), cell: cell))
        }
      }
    }
    // Some become known late, but within a bucket.
    for index in events.indices.dropLast(7) where Int.random(in: 0..<5, using: &dice) == 0 {
      events.swapAt(index, index + Int.random(in: 1..<7, using: &dice))
    }
    return events
  }

  @Test("kept and forgotten bit by bit, all metrics are those over the whole history")
  func incremental() throws {
    var dice = Dice(state: 7)
    for _ in 0..<2 {
      let events = history(&dice)
      var kept = MetricWindow(seconds: 600)
      var seen = 0
      for end in stride(from: 60, through: 1_800, by: 60) {
        let time = Timestamp(seconds: Int64(end))
        kept.forget(endingAt: time)
        // What became known by then, and a little of the next bucket.
        while seen < events.count, events[seen].time < time.adding(seconds: 20) {
          kept.set(events[seen].cell, of: events[seen].model, at: events[seen].key, resolvableAt: events[seen].time)
          seen += 1
        }
        var whole = MetricWindow(seconds: 600)
        for event in events[..<seen].reversed() {
          whole.set(event.cell, of: event.model, at: event.key, resolvableAt: event.time)
        }
        let ensembles = ["__ensemble_main__"]
        let left = Metric.builtIn.summaries(of: kept.panel(endingAt: time, ensembles: ensembles))
        let right = Metric.builtIn.summaries(of: whole.panel(endingAt: time, ensembles: ensembles))
        #expect(left == right)
        #expect(left["a"]?.count == 11)
        #expect(kept.count <= 2 * (600 / 15 + 2 + 60 / 15))
      }
    }
  }

  @Test("a window holds its first moment and not its last")
  func borders() {
    var window = MetricWindow(seconds: 60)
    for second in [39, 40, 99, 100] {
      window.set(
        MetricCell(signal: 1, outcome: 1), of: "a\(second)", at: MetricKey(inputID: "I\(second)", scopeKey: "S"),
        resolvableAt: Timestamp(seconds: Int64(second)))
    }
    let panel = window.panel(endingAt: Timestamp(seconds: 100))
    #expect(panel.series.map(\.modelID) == ["a40", "a99"])
  }

  @Test("the same key again takes the place of what was known")
  func replaced() {
    var window = MetricWindow(seconds: 60)
    let key = MetricKey(inputID: "I", scopeKey: "S")
    for outcome in [1.0, -1] {
      window.set(MetricCell(signal: 1, outcome: outcome), of: "a", at: key, resolvableAt: Timestamp(seconds: 10))
    }
    #expect(window.count == 1)
    let summaries = Metric.builtIn.summaries(of: window.panel(endingAt: Timestamp(seconds: 60)))
    #expect(summaries["a"]?["hit_rate"] == .double(0))
  }
}
