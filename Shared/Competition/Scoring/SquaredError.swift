/// How far a forecast of a number was off, negated so that higher is better:
///
///     value = −(output.value − y)²
///
/// where y is the truth's `value`, else its `profit`, else its `return`. `squared_error` stands beside it.
public struct SquaredError: ScoringFunction {
  public init() {}

  public func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    guard let actual = truth.realisedValue else {
      return outputs.map { _ in .failed("the ground truth has no finite value, profit or return") }
    }
    return outputs.map { output in
      guard let forecast = output.finiteNumber("value") else { return .failed("the output has no finite value") }
      let error = (forecast - actual) * (forecast - actual)
      return .value(-error, ["squared_error": .double(error)])
    }
  }
}
