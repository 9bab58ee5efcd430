/// How the scoring of one output ended.
public enum ScoringOutcome: Sendable, Hashable {
  /// The function's result, with a finite number under `value`.
  case scored(JSONObject)
  /// Why there is no value for this output; it enters no average.
  case failed(String, kind: ScoringFailureKind = .unscorable)
}

extension ScoringOutcome {
  /// Whether it is a failure that may not come again.
  public var isWorthAnotherTry: Bool {
    if case .failed(_, let kind) = self { kind.isWorthAnotherTry } else { false }
  }
}

/// What kind of failure it was that an output has no value.
public enum ScoringFailureKind: String, Sendable, Hashable, CaseIterable {
  /// The output or the truth lacks what the function needs: asking again changes nothing.
  case unscorable
  /// The function raised.
  case raised
  /// The function did not answer in time.
  case timedOut = "timed_out"
  /// The function answered something that is no score.
  case badOutput = "bad_output"

  /// Whether the function is asked once more: what it met may have passed.
  public var isWorthAnotherTry: Bool {
    switch self {
    case .raised, .timedOut: true
    case .unscorable, .badOutput: false
    }
  }
}

/// What a competition scores by. One call scores all outputs of one input against one truth, so that a function in
/// another process is asked once and not a thousand times.
public protocol ScoringFunction: Sendable {
  /// Whether it is shown `model_id` and `prediction_id` among the fields of an output, as the original's functions are.
  var readsIdentity: Bool { get }
  /// Answers one outcome per output, in order. An output that cannot be scored fails alone. A call that takes too long is
  /// cancelled, and ends then.
  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome]
  /// Makes a call with what answers at once. A function that can only be asked so many things at a time waits before that:
  /// the wait is no part of the time that the call takes.
  /// - Throws: what `call` throws; `CancellationError` when the caller gave up before its turn came.
  func inTurn<Answer: Sendable>(
    _ call: @Sendable (any ScoringFunction) async throws -> Answer
  ) async throws -> Answer
}

extension ScoringFunction {
  public func inTurn<Answer: Sendable>(
    _ call: @Sendable (any ScoringFunction) async throws -> Answer
  ) async throws -> Answer {
    try await call(self)
  }

  public var readsIdentity: Bool { false }

  /// What the function is shown of a prediction.
  public func shown(_ output: JSONObject, modelID: String, predictionID: String) -> JSONObject {
    guard readsIdentity else { return output }
    return output.merging(["model_id": .string(modelID), "prediction_id": .string(predictionID)])
  }
}
