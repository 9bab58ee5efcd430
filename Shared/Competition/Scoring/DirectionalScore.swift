/// The default score: how much a position would have earned. `value` of the output is the position, from −1 (all in
/// against) to 1 (all in for), and the score is that position times the relative change of price:
///
///     value = clip(output.value, −1, 1) × truth.profit
///
/// with `actual_return` (the change of price) and `direction_correct` beside it (decision 10).
public struct DirectionalScore: ScoringFunction {
  public init() {}

  public func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    outputs.map { Self.score(output: $0, truth: truth) }
  }

  static func score(output: JSONObject, truth: JSONObject) -> ScoringOutcome {
    guard let profit = (truth["profit"] ?? truth["return"])?.number, profit.isFinite else {
      return .failed("the ground truth has no profit")
    }
    guard let answer = output["value"]?.floatValue, answer.isFinite else {
      return .failed("the output has no finite value")
    }
    let position = min(1, max(-1, answer))
    let isCorrect = position != 0 && profit != 0 && (position > 0) == (profit > 0)
    return .scored([
      "value": .double(position * profit), "success": true, "failed_reason": nil, "actual_return": .double(profit),
      "direction_correct": .bool(isCorrect),
    ])
  }
}
