import Competition
import Testing

@Suite("The truth of a task, from ticks")
struct TickTruthTests {
  private let task = TruthCase(
    GroundTruthResolver(contract: .default, graceSeconds: 300, maxWaitSeconds: 86_400), TruthCase.ticks,
    performedAt: 0, horizonSeconds: 60)

  private func decide(_ ticks: [(Double, Double)], passedAt: Double? = nil, waited: Double = 1) -> TruthDecision {
    task.decide(ticks.map { TruthCase.tick($0.0, $0.1) }, passedAt: passedAt, waited: waited)
  }

  @Test("the price at a time is that of the last tick until then")
  func prices() {
    let truth = decide([(-9, 1), (-0.5, 100), (0.5, 999), (30, 5), (59.5, 110), (60.5, 777)], passedAt: 0.5).truth
    #expect(truth?.value["entry_price"] == 100.0 && truth?.value["resolved_price"] == 110.0)
  }

  @Test("a tick at the very moment tells its price")
  func atTheMoment() {
    let truth = decide([(-1, 1), (0, 100), (59, 2), (60, 120)]).truth
    #expect(truth?.value["entry_price"] == 100.0 && truth?.value["resolved_price"] == 120.0)
  }

  @Test("until a tick at or after the end is there an earlier one may still come, and is waited for")
  func waits() {
    #expect(decide([(0, 100), (59.999999, 110)]).isWaiting)
    #expect(decide([(0, 100), (59.999999, 110), (60, 111)]).truth != nil)
  }

  @Test("a price that was told long before is none, once the gap can no longer be repaired")
  func stale() {
    let ticks = [(0.0, 100.0), (47.9, 110), (200, 120)]
    #expect(decide(ticks, passedAt: 140, waited: 141).isWaiting)
    #expect(decide(ticks, passedAt: 140, waited: 440).failure?.contains("resolvable_at") == true)
    #expect(decide([(0, 100), (48, 110), (200, 120)], passedAt: 140, waited: 141).truth != nil)
  }

  @Test("with a gap around that is still asked for no truth is made, until the time for repairs is over")
  func gap() {
    let ticks = [(0.0, 100.0), (50, 110), (70, 120)]
    func decide(_ gap: ClosedRange<Double>, passedAt: Double?, waited: Double) -> TruthDecision {
      task.decide(ticks.map { TruthCase.tick($0.0, $0.1) }, passedAt: passedAt, gap: gap, waited: waited)
    }
    for gap in [50.5...69.0, 1...2, 40...60, -9...0.5] {
      #expect(decide(gap, passedAt: nil, waited: 11).isWaiting)
      #expect(decide(gap, passedAt: 10, waited: 309).isWaiting)
      #expect(decide(gap, passedAt: 10, waited: 310).truth?.value["resolved_price"] == 110.0)
    }
    for gap in [60.5...69.0, -9 ... -1] { #expect(decide(gap, passedAt: nil, waited: 11).truth != nil) }
  }

  @Test("a feed that falls silent has no truth after the longest wait")
  func silent() {
    #expect(decide([(0, 100), (59, 110)], waited: 86_399).isWaiting)
    #expect(decide([(0, 100), (59, 110)], waited: 86_400).failure != nil)
    #expect(decide([], waited: 86_400).failure != nil)
  }

  @Test("at horizon 0 the input is the truth, with a digest of its own")
  func immediate() {
    let input = Input(id: "INP", rawData: ["symbol": "BTC", "candles_1m": []], receivedAt: TruthCase.start)
    let truth = GroundTruthResolver.immediate(input: input, scopeKey: "now", now: TruthCase.start)
    #expect(truth.value == input.rawData && truth.inputID == "INP" && truth.scopeKey == "now")
    var other = input
    other.rawData["symbol"] = "ETH"
    #expect(
      GroundTruthResolver.immediate(input: other, scopeKey: "now", now: TruthCase.start).recordsDigest
        != truth.recordsDigest)
  }
}
