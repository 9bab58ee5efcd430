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
    /// As what it is counted.
    var counted = "scores"
    /// Why nothing can be said of it.
    var notCovered: String?
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
    for members in groups.values {
      let functions = await book.functions(of: try book.contract(of: scores[members[0]]))
      guard let function = functions.scoring else {
        for index in members { findings[index] = try Self.unknown(scores[index]) }
        continue
      }
      let first = scores[members[0]]
      let truth = first.truth.isEmpty ? [:] : try JSON(parsing: first.truth).object ?? [:]
      let scope = try JSON(parsing: first.scope).object ?? [:]
      for start in stride(from: 0, to: members.count, by: 1_000) {
        let batch = members[start..<min(start + 1_000, members.count)]
        let outcomes = try await Self.outcomes(batch.map { scores[$0] }, function, truth, scope)
        for (index, outcome) in zip(batch, outcomes) {
          findings[index] = try Self.finding(scores[index], outcome.checked(against: functions.scoreShape))
        }
      }
    }
    return findings.compactMap { $0 }
  }

  /// One outcome a score. What it fails on now and did not then it is asked about once more, as workers do.
  private static func outcomes(
    _ scores: [EvidencedScore], _ function: any ScoringFunction, _ truth: JSONObject, _ scope: JSONObject
  ) async throws -> [ScoringOutcome] {
    let outputs = try scores.map { score in
      function.shown(
        score.output.isEmpty ? [:] : try JSON(parsing: score.output).object ?? [:], modelID: score.modelID,
        predictionID: score.predictionID)
    }
    func ask(_ places: [Int]) async -> [ScoringOutcome] {
      let answer = await function.score(outputs: places.map { outputs[$0] }, truth: truth, scope: scope)
      return places.indices.map {
        $0 < answer.count ? answer[$0] : .failed("the scoring function gave no result for it")
      }
    }
    var outcomes = await ask(Array(outputs.indices))
    let again = outcomes.indices.filter { scores[$0].success == true && outcomes[$0].isWorthAnotherTry }
    guard !again.isEmpty else { return outcomes }
    for (place, outcome) in zip(again, await ask(again)) { outcomes[place] = outcome }
    return outcomes
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
      if stored.success == false {
        // Whether and why a function fails may change: it may have hung, or run out of memory. A failure must fit itself.
        try check(stored, "success", stored.success, result["success"]?.bool)
        try check(stored, "failed_reason", stored.failedReason, result["failed_reason"]?.string)
        if expected.success {
          finding.counted = "failed scores that the function would not fail on now"
        } else if stored.failedReason != expected.failedReason {
          finding.counted = "failed scores that fail for another reason now"
        }
      } else {
        try check(stored, "result_jsonb", result, expected.result.stored)
        try check(stored, "success", stored.success, expected.success)
        try check(stored, "failed_reason", stored.failedReason, expected.failedReason)
      }
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
