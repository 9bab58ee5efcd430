import Competition
import Testing

@Suite("The summary of a model's scores in a bucket")
struct SnapshotAggregationTests {
  private func summary(_ results: JSONObject...) -> JSONObject { SnapshotAggregation.summary(of: results) }

  @Test("numbers are averaged over the results that have them")
  func means() {
    #expect(summary(["value": 1, "x": 4], ["value": 2.0], ["value": 6, "x": nil]) == ["value": 3.0, "x": 4.0])
  }

  @Test("booleans are no numbers, and how the scoring went is no result")
  func booleans() {
    let result: JSONObject = [
      "value": 1, "success": true, "failed_reason": nil, "direction_correct": true, "actual_return": 0.5,
    ]
    #expect(summary(result, result) == ["value": 1.0, "actual_return": 0.5])
  }

  @Test("of other values the last that is not null stays, unless the key had numbers too")
  func otherValues() {
    let summary = summary(
      ["note": "a", "mixed": "x"], ["note": ["deep": 1], "mixed": 2], ["note": nil, "mixed": "y"])
    #expect(summary == ["note": ["deep": 1], "mixed": 2.0])
  }

  @Test("keys come in the order in which they are met first")
  func order() {
    #expect(summary(["b": 1, "a": 1], ["c": 1, "a": 1]).keys == ["b", "a", "c"])
  }

  @Test("no results have an empty summary, and a mean that is no number is left out")
  func nothing() {
    #expect(summary() == [:])
    #expect(summary(["value": 1, "huge": 1e308], ["value": 1, "huge": 1e308]) == ["value": 1.0])
  }
}
