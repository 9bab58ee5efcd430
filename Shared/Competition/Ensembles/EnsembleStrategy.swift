import Foundation

/// What weighs the members of an ensemble.
public typealias StrategyReference = ExtensionReference<EnsembleStrategy>

/// How much each member of an ensemble counts.
public enum EnsembleStrategy: String, BuiltinExtension {
  /// All the same.
  case equalWeight = "equal_weight"
  /// The reverse of the variance of a member's values: who swings widely counts little.
  case inverseVariance = "inverse_variance"
  /// How far a member's newest `value` is above 0; where nobody's is, all the same.
  case scoreWeight = "score_weight"
  /// The reverse of a member's rank by its newest `value`: 1, 1/2, 1/3 and so on.
  case rankWeight = "rank_weight"

  public var summary: String {
    switch self {
    case .equalWeight: "all the same"
    case .inverseVariance: "the reverse of the variance of a member's values"
    case .scoreWeight: "how far a member's newest value is above 0"
    case .rankWeight: "the reverse of a member's rank by its newest value"
    }
  }

  /// Weights that sum to 1, in the order of the members.
  /// - Parameters:
  ///   - values: what each member predicted in earlier buckets; fewer than two, or values that do not vary, count as a
  ///     variance of 1.
  ///   - scores: the newest `value` of each member's summary; of equal ones the first is the better.
  public func weights(_ values: [[Double]], scores: [Double] = []) -> [Double] {
    guard !values.isEmpty else { return [] }
    let scores = scores.isEmpty ? values.map { _ in 0 } : scores
    switch self {
    case .equalWeight: return values.map { _ in 1 / Double(values.count) }
    case .inverseVariance: return Self.shares(values.map(Self.inverseVariance))
    case .scoreWeight:
      let gains = scores.map { max(0, $0) }
      return gains.contains { $0 > 0 } ? Self.shares(gains) : Self.equalWeight.weights(values)
    case .rankWeight:
      var weights = values.map { _ in 0.0 }
      let best = scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
      for (rank, member) in best.enumerated() { weights[member] = 1 / Double(rank + 1) }
      return Self.shares(weights)
    }
  }

  private static func shares(_ parts: [Double]) -> [Double] {
    let total = parts.compensatedSum
    return parts.map { $0 / total }
  }

  private static func inverseVariance(_ values: [Double]) -> Double {
    guard values.count >= 2 else { return 1 }
    let mean = values.compensatedSum / Double(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.compensatedSum / Double(values.count)
    return variance < 1e-12 || !variance.isFinite ? 1 : 1 / variance
  }
}

extension ExtensionReference where Builtin == EnsembleStrategy {
  public static var equalWeight: Self { .builtin(.equalWeight) }
  public static var inverseVariance: Self { .builtin(.inverseVariance) }
}
