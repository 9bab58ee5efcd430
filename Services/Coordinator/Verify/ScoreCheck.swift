import Competition
import Diagnosis
import Store

/// Scores outputs again with the functions that scored them, and compares what is stored.
struct ScoreCheck: Sendable {
  let book: ContractBook

  /// What is found of one score: its stored result, what the function gives now, and where they differ.
  struct Finding: Sendable {
    var result: JSONObject
    var expected: Score
    var difference: Difference?
    /// The function had failed on it, and does not now: it may have raised or taken too long.
    var isUnrepeatable = false
    /// Why nothing can be said of it.
    var notCovered: String?

    /// As what it is counted.
    var counted: String { isUnrepeatable ? "failed scores that the function would not fail on now" : "scores" }
  }

  private struct Group: Hashable {
    var key: TaskKey
    var contractID: Int64?
  }

  /// One finding a score, in order. Scores of one truth are asked about together.
  func findings(_ scores: [EvidencedScore]) async throws -> [Finding] {
    var findings = [Finding?](repeating: nil, count: scores.count)
    let groups = Dictionary(grouping: scores.indices) {
      Group(
        key: TaskKey(inputID: scores[$0].inputID, scopeKey: scores[$0].scopeKey), contractID: scores[$0].contractID)
    }
    for (group, members) in groups {
      let functions = await book.functions(of: group.contractID)
      guard let function = functions.scoring else {
        for index in members { findings[index] = try Self.unknown(scores[index]) }
        continue
      }
      let first = scores[members[0]]
      let truth = first.truth.isEmpty ? [:] : try JSON(parsing: first.truth).object ?? [:]
      let scope = try JSON(parsing: first.scope).object ?? [:]
      for start in stride(from: 0, to: members.count, by: 1_000) {
        let batch = members[start..<min(start + 1_000, members.count)]
        let outputs = try batch.map { index in
          function.shown(
            scores[index].output.isEmpty ? [:] : try JSON(parsing: scores[index].output).object ?? [:],
            modelID: scores[index].modelID, predictionID: scores[index].predictionID)
        }
        let outcomes = await function.score(outputs: outputs, truth: truth, scope: scope)
        for (position, index) in batch.enumerated() {
          let outcome =
            position < outcomes.count ? outcomes[position] : .failed("the scoring function gave no result for it")
          findings[index] = try Self.finding(scores[index], outcome.checked(against: functions.scoreFields))
        }
      }
    }
    return findings.compactMap { $0 }
  }

  /// A score whose function is gone stands as it is.
  private static func unknown(_ stored: EvidencedScore) throws -> Finding {
    let result = stored.result.isEmpty ? [:] : try JSON(parsing: stored.result).object ?? [:]
    var finding = Finding(
      result: result,
      expected: Score(
        id: stored.id, predictionID: stored.predictionID, result: result, success: stored.success ?? true,
        scoredAt: stored.periodStart))
    finding.notCovered = "scores whose scoring function cannot be used any more"
    return finding
  }

  private static func finding(_ stored: EvidencedScore, _ outcome: ScoringOutcome) throws -> Finding {
    let expected = Score(predictionID: stored.predictionID, outcome: outcome, scoredAt: stored.periodStart)
    let result = stored.result.isEmpty ? [:] : try JSON(parsing: stored.result).object ?? [:]
    var finding = Finding(result: result, expected: expected)
    do {
      try check(stored, "id", stored.id, expected.id)
      if stored.success == false, expected.success {
        // Nothing but its own consistency can be said of a failure that does not repeat.
        try check(stored, "success", stored.success, result["success"]?.bool)
        try check(stored, "failed_reason", stored.failedReason, result["failed_reason"]?.string)
        finding.isUnrepeatable = true
        return finding
      }
      try check(stored, "result_jsonb", result, expected.result.stored)
      try check(stored, "success", stored.success, expected.success)
      try check(stored, "failed_reason", stored.failedReason, expected.failedReason)
      guard stored.status == PredictionStatus.scored.rawValue else {
        throw Difference(
          table: "predictions", row: stored.predictionID, column: "status", stored: stored.status,
          recomputed: PredictionStatus.scored.rawValue)
      }
    } catch let difference as Difference {
      finding.difference = difference
    }
    return finding
  }

  private static func check<Value: Equatable>(
    _ score: EvidencedScore, _ column: String, _ stored: Value, _ recomputed: Value
  ) throws {
    try Difference.check(
      "scores", score.id, column, stored: stored, recomputed: recomputed,
      note: "or the output of \(score.predictionID) was changed")
  }
}
