import Competition
import Testing

@Suite("The default score")
struct DirectionalScoreTests {
  private func score(_ output: JSONObject, profit: JSON = 0.1) async -> ScoringOutcome {
    await DirectionalScore().score(outputs: [output], truth: ["profit": profit], scope: [:])[0]
  }

  private func result(_ value: JSON, profit: JSON = 0.1) async throws -> JSONObject {
    guard case .scored(let result) = await score(["value": value], profit: profit) else {
      throw Refused(value: value)
    }
    return result
  }

  private struct Refused: Error { var value: JSON }

  @Test("it is the position, cut to -1 and 1, times the change of the price")
  func value() async throws {
    let values: [(JSON, Double)] = [(0.5, 0.05), (1, 0.1), (-1, -0.1), (7, 0.1), (-1e300, -0.1), (0, 0), ("0.5", 0.05)]
    for (answer, expected) in values {
      #expect(try await result(answer)["value"]?.number == expected, "\(answer.text)")
    }
  }

  @Test("beside it stand the change of the price and whether the direction was right")
  func beside() async throws {
    let cases: [(JSON, JSON, Bool)] = [
      (0.5, 0.1, true), (-0.5, 0.1, false), (-0.5, -0.1, true), (0.5, -0.1, false), (0, 0.1, false), (0.5, 0.0, false),
    ]
    for (answer, profit, isCorrect) in cases {
      let result = try await result(answer, profit: profit)
      #expect(result["direction_correct"] == .bool(isCorrect), "\(answer.text) \(profit.text)")
      #expect(result["actual_return"]?.number == profit.number)
      #expect(result["success"] == true && result["failed_reason"] == .null)
    }
  }

  @Test("an output or a truth without a finite number fails, alone")
  func failures() async {
    let outputs: [JSONObject] = [["value": 1], ["value": .double(.nan)], ["value": nil], [:], ["value": 0.5]]
    let outcomes = await DirectionalScore().score(outputs: outputs, truth: ["return": 0.2], scope: [:])
    let isScored = outcomes.map { if case .scored = $0 { true } else { false } }
    #expect(isScored == [true, false, false, false, true])
    for profit in [.double(.nan), .double(.infinity), nil, "much"] as [JSON] {
      guard case .failed(let reason, _) = await score(["value": 1], profit: profit) else {
        Issue.record("scored against \(profit)")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }
}
