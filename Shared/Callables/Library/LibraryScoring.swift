import Competition

/// A scoring function of a dynamic library, as `coordinator_scoring.h` describes it: the fastest kind, and the one that is
/// trusted most, since it runs in this process.
struct LibraryScoring: ScoringFunction {
  private let function: ScoringSymbol

  /// - Throws: `CallableFault` when the library or the symbol is missing, or the library was built for another version.
  init(path: String, symbol: String) throws(CallableFault) {
    function = try ScoringSymbol(path: path, symbol: symbol)
  }

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    let answers = function.call(outputs: outputs, truth: truth, scope: scope)
    return answers.map { answer in
      if let reason = answer.failure { return .failed(reason) }
      guard let value = answer.value, value.isFinite else {
        return .failed("the scoring function set no finite value", kind: .badOutput)
      }
      var result: JSONObject = ["value": .double(value), "success": true, "failed_reason": nil]
      for (key, number) in answer.numbers where result[key] == nil { result[key] = JSON(finite: number) }
      return .scored(result)
    }
  }
}
