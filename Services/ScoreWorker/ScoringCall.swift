import Competition
import Logging
import Metrics
import ServiceKit

/// Asks the scoring function, so that whatever it does about one output costs the others nothing: what raised or took too
/// long is asked once more, and a call that takes too long is halved until the output that it is about is alone.
struct ScoringCall: Sendable {
  let function: any ScoringFunction
  /// How long one call may take, once its turn has come.
  let timeout: Duration
  /// What a score must have beside a finite value.
  var shape: CrunchContract.Shape = []
  let logger: Logger

  /// One outcome per output, in order; all that are `scored` have a finite value and nothing that JSON lacks.
  func outcomes(of outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async throws -> [ScoringOutcome] {
    var outcomes = try await ask(outputs, truth, scope)
    let again = outcomes.indices.filter { outcomes[$0].isWorthAnotherTry }
    if !again.isEmpty {
      let second = try await ask(again.map { outputs[$0] }, truth, scope)
      for (index, outcome) in zip(again, second) { outcomes[index] = outcome }
    }
    for case .failed(_, let kind) in outcomes {
      Counter(label: "coordinator_scoring_failures_total", dimensions: [("kind", kind.rawValue)]).increment()
    }
    return outcomes
  }

  private func ask(_ outputs: [JSONObject], _ truth: JSONObject, _ scope: JSONObject) async throws -> [ScoringOutcome] {
    if let answer = try await answer(outputs, truth, scope) {
      guard answer.count == outputs.count else {
        let reason = "the scoring function answered \(answer.count) results for \(outputs.count) outputs"
        return outputs.map { _ in .failed(reason, kind: .badOutput) }
      }
      return answer.map { $0.checked(against: shape) }
    }
    guard outputs.count > 1 else {
      return outputs.map { _ in .failed("the scoring function did not answer within \(timeout)", kind: .timedOut) }
    }
    logger.warning("scoring took too long, asking for half", metadata: ["outputs": "\(outputs.count)"])
    let middle = outputs.count / 2
    return try await ask(Array(outputs[..<middle]), truth, scope) + ask(Array(outputs[middle...]), truth, scope)
  }

  /// nil when there was none in time.
  private func answer(
    _ outputs: [JSONObject], _ truth: JSONObject, _ scope: JSONObject
  ) async throws -> [ScoringOutcome]? {
    try await function.inTurn { function in
      try await withThrowingTaskGroup(of: [ScoringOutcome]?.self) { group in
        group.addTask { await function.score(outputs: outputs, truth: truth, scope: scope) }
        group.addTask {
          try await Surrounding.current.sleep(for: timeout)
          return nil
        }
        defer { group.cancelAll() }
        let first = try await group.next()
        try Task.checkCancellation()
        return first ?? nil
      }
    }
  }
}
