import Competition

extension ScoringOutcome {
  /// The outcome that a foreign function's result says: `success` false is a failure with its `failed_reason`, and a value
  /// that is the text of a number is that number, as the original's score type reads it.
  init(result: JSONObject) {
    if result["success"] == false {
      self = .failed(result["failed_reason"]?.string ?? "the scoring function says that it failed")
      return
    }
    guard let value = result["value"]?.floatValue, value.isFinite else {
      self = .failed("the scoring function gave no finite value", kind: .badOutput)
      return
    }
    var score = result
    if result["value"]?.number == nil { score["value"] = .double(value) }
    if score["success"] == nil { score["success"] = true }
    if score["failed_reason"] == nil { score["failed_reason"] = .null }
    self = .scored(score)
  }
}
