import Foundation

/// The continuous ranked probability score of a forecast distribution, negated so that higher is better:
///
///     CRPS(F, y) = ∫ (F(x) − 1{x ≥ y})² dx        value = −CRPS
///
/// where y is the truth's `value`, else its `profit`, else its `return`. The output says its distribution as
/// - `samples`: a list of numbers, each as likely; CRPS = mean |xᵢ − y| − ½ mean |xᵢ − xⱼ|, or
/// - `mean` and `std` > 0: a normal one; CRPS = σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π) with z = (y − µ)/σ.
///
/// In units of y; 0 is perfect. `crps` stands beside it.
/// Source: T. Gneiting and A. E. Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102 (2007),
/// equations 20 and 21.
public struct RankedProbability: ScoringFunction {
  public init() {}

  public func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    guard let actual = truth.realisedValue else {
      return outputs.map { _ in .failed("the ground truth has no finite value, profit or return") }
    }
    return outputs.map { output in
      guard let score = Self.score(of: output, actual) else {
        return .failed("the output has neither samples (numbers) nor mean and std > 0")
      }
      return .value(-score, ["crps": .double(score)])
    }
  }

  private static func score(of output: JSONObject, _ actual: Double) -> Double? {
    if let samples = output["samples"]?.array {
      let numbers = samples.compactMap(\.number)
      guard !numbers.isEmpty, numbers.count == samples.count, numbers.allSatisfy(\.isFinite) else { return nil }
      return empirical(numbers, actual)
    }
    guard let mean = output.finiteNumber("mean"), let deviation = output.finiteNumber("std"), deviation > 0 else {
      return nil
    }
    return normal(mean, deviation, actual)
  }

  static func normal(_ mean: Double, _ deviation: Double, _ actual: Double) -> Double {
    let z = (actual - mean) / deviation
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    return deviation * (z * erf(z / 2.0.squareRoot()) + 2 * density - 1 / Double.pi.squareRoot())
  }

  /// In n log n: over sorted samples the sum of |xᵢ − xⱼ| is 2 Σ (2i − n − 1) xᵢ, i from 1.
  static func empirical(_ samples: [Double], _ actual: Double) -> Double {
    let count = Double(samples.count)
    var distance = 0.0
    var spread = 0.0
    for (index, sample) in samples.sorted().enumerated() {
      distance += abs(sample - actual)
      spread += (2 * Double(index + 1) - count - 1) * (sample - actual)
    }
    return distance / count - spread / (count * count)
  }
}
