import Competition
import ServiceKit

/// The default score, which takes its time now and then: also longer than a lease.
struct DelayedScore: ScoringFunction {
  let conditions: Conditions

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    if conditions.rates.delay > 0, conditions.dice.below(4) == 0 {
      do {
        try await Surrounding.current.sleep(
          for: conditions.dice.milliseconds(0...(conditions.dice.below(4) == 0 ? 2_500 : 300)))
      } catch {
        return []  // Cancelled: nobody looks at the answer.
      }
    }
    return await DirectionalScore().score(outputs: outputs, truth: truth, scope: scope)
  }
}
