import Foundation

/// How well a probability was given that something comes true, negated so that higher is better:
///
///     value = ln p   if it came true,   ln(1 − p)   if not
///
/// where p is `output.value`, cut to 10⁻¹⁵ … 1 − 10⁻¹⁵ so that a certain error costs 34.5 and not everything, and what came
/// true is the truth's `outcome` (a boolean, or 0 and 1), else its `direction_up`. `log_loss` stands beside it.
/// Source: I. J. Good, "Rational Decisions", Journal of the Royal Statistical Society B 14 (1952).
public struct LogLoss: ScoringFunction {
  public init() {}

  static let margin = 1e-15

  public func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    guard let cameTrue = Self.outcome(of: truth) else {
      return outputs.map { _ in .failed("the ground truth has no outcome or direction_up that is true or false") }
    }
    return outputs.map { output in
      guard let probability = output.finiteNumber("value"), (0...1).contains(probability) else {
        return .failed("the output's value is no probability from 0 to 1")
      }
      let kept = min(1 - Self.margin, max(Self.margin, probability))
      let value = cameTrue ? log(kept) : log1p(-kept)
      return .value(value, ["log_loss": .double(-value)])
    }
  }

  private static func outcome(of truth: JSONObject) -> Bool? {
    let outcome = truth["outcome"] ?? truth["direction_up"]
    return outcome?.bool ?? outcome?.number.flatMap { $0 == 1 ? true : $0 == 0 ? false : nil }
  }
}
