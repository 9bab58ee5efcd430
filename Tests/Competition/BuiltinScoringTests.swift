import Competition
import Foundation
import Testing

@Suite("The built-in scores")
struct BuiltinScoringTests {
  private func value(_ kind: BuiltinScoring, _ output: JSONObject, _ truth: JSONObject) async -> Double? {
    let outcomes = await kind.function.score(outputs: [output], truth: truth, scope: [:])
    guard case .scored(let result) = outcomes[0] else { return nil }
    return result["value"]?.number
  }

  private func isClose(_ left: Double?, _ right: Double) -> Bool { left.map { abs($0 - right) < 1e-12 } ?? false }

  @Test("squared error is negated, against value, else profit")
  func squaredError() async {
    #expect(isClose(await value(.squaredError, ["value": 0.3], ["profit": 0.1]), -0.04))
    #expect(await value(.squaredError, ["value": 3], ["value": 1, "profit": 9]) == -4)
    #expect(await value(.squaredError, [:], ["profit": 0.1]) == nil)
    #expect(await value(.squaredError, ["value": 3], [:]) == nil)
  }

  @Test("log loss is the logarithm of what was given to what came true, and certainty in error is finite")
  func logLoss() async {
    #expect(isClose(await value(.logLoss, ["value": 0.8], ["direction_up": true]), log(0.8)))
    #expect(isClose(await value(.logLoss, ["value": 0.8], ["outcome": 0, "direction_up": true]), log(0.2)))
    #expect(isClose(await value(.logLoss, ["value": 0], ["direction_up": true]), log(1e-15)))
    #expect(await value(.logLoss, ["value": 1.5], ["direction_up": true]) == nil)
    #expect(await value(.logLoss, ["value": 0.5], ["outcome": 0.5]) == nil)
  }

  @Test("CRPS of samples is its definition over all pairs")
  func samples() async {
    var state: UInt64 = 7
    let samples = (0..<41).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / 1e6
    }
    let count = Double(samples.count)
    let distance = samples.map { abs($0 - 3) }.reduce(0, +) / count
    let spread = samples.flatMap { a in samples.map { abs($0 - a) } }.reduce(0, +) / (count * count)
    let found = await value(.crps, ["samples": .array(samples.map(JSON.double))], ["value": 3])
    #expect(found.map { abs($0 + distance - spread / 2) < 1e-9 } == true)
    #expect(isClose(await value(.crps, ["samples": [2]], ["value": 5]), -3))
    #expect(await value(.crps, ["samples": []], ["value": 3]) == nil)
  }

  @Test("CRPS of a normal distribution is the integral that defines it")
  func normal() async throws {
    let (mean, deviation, actual) = (0.4, 1.3, 1.1)
    let step = 1e-3
    var integral = 0.0
    for index in 0..<24_000 {
      let x = -12 + (Double(index) + 0.5) * step
      let below = (1 + erf((x - mean) / (deviation * 2.0.squareRoot()))) / 2
      integral += pow(below - (x >= actual ? 1 : 0), 2) * step
    }
    let found = await value(.crps, ["mean": .double(mean), "std": .double(deviation)], ["value": .double(actual)])
    #expect(abs(try #require(found) + integral) < 1e-3)
    #expect(await value(.crps, ["mean": 1, "std": 0], ["value": 3]) == nil)
  }

  @Test("rank correlation orders items by place or by name, shares ranks of equals, and gives a flat output 0")
  func rankCorrelation() async {
    let truth: JSONObject = ["values": [1, 2, 3, 4]]
    #expect(isClose(await value(.rankCorrelation, ["values": [10, 20, 30, 400]], truth), 1))
    #expect(isClose(await value(.rankCorrelation, ["values": [4, 3, 2, 1]], truth), -1))
    #expect(isClose(await value(.rankCorrelation, ["values": [1, 1, 2, 3]], truth), 4.5 / (4.5 * 5).squareRoot()))
    #expect(await value(.rankCorrelation, ["values": [5, 5, 5, 5]], truth) == 0)
    #expect(await value(.rankCorrelation, ["values": [1, 2, 3]], truth) == nil)
    #expect(await value(.rankCorrelation, ["values": [1, 2]], ["values": [3, 3]]) == nil)
    let named: JSONObject = ["values": ["ETH": 1, "BTC": 2]]
    #expect(isClose(await value(.rankCorrelation, ["values": ["BTC": 0.9, "ETH": 0.1, "SOL": 5]], named), 1))
    #expect(await value(.rankCorrelation, ["values": ["BTC": 1]], named) == nil)
  }
}
