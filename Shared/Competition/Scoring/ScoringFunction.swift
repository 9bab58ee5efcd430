/// How the scoring of one output ended.
public enum ScoringOutcome: Sendable, Hashable {
  /// The function's result, with a finite number under `value`.
  case scored(JSONObject)
  /// Why there is no value for this output; it enters no average.
  case failed(String)
}

/// What a competition scores by. One call scores all outputs of one input against one truth, so that a function in
/// another process is asked once and not a thousand times.
public protocol ScoringFunction: Sendable {
  /// Answers one outcome per output, in order. An output that cannot be scored fails alone.
  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome]
}
