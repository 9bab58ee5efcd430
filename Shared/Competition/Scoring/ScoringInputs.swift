extension JSONObject {
  /// What came true, as a number: the `value` of a truth that has one, else `profit`, else `return` (the relative change
  /// of price of the default truth). nil when there is none or it is not finite.
  var realisedValue: Double? { finiteNumber("value") ?? finiteNumber("profit") ?? finiteNumber("return") }

  /// The finite number under a key, read as the model outputs' fields are (texts of numbers count).
  func finiteNumber(_ key: String) -> Double? { self[key]?.floatValue.flatMap { $0.isFinite ? $0 : nil } }
}

extension ScoringOutcome {
  /// A score with what belongs to every result, and the members of `beside`. A value that is not finite is a failure.
  static func value(_ value: Double, _ beside: JSONObject = [:]) -> ScoringOutcome {
    guard value.isFinite else { return .failed("the score is not finite") }
    let result: JSONObject = ["value": .double(value), "success": true, "failed_reason": nil]
    return .scored(beside.isEmpty ? result : result.merging(beside))
  }
}
