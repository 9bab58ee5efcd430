import Foundation

/// How much each member of an ensemble counts.
public enum EnsembleStrategy: String, Sendable, Hashable, CaseIterable {
  /// All the same.
  case equalWeight = "equal_weight"
  /// The reverse of the variance of a member's values: who swings widely counts little.
  case inverseVariance = "inverse_variance"

  /// Weights that sum to 1, in the order of the members.
  /// - Parameter values: what each member predicted in earlier buckets; fewer than two, or values that do not vary, count
  ///   as a variance of 1.
  public func weights(_ values: [[Double]]) -> [Double] {
    guard !values.isEmpty else { return [] }
    switch self {
    case .equalWeight: return values.map { _ in 1 / Double(values.count) }
    case .inverseVariance:
      let inverse = values.map(Self.inverseVariance)
      let total = inverse.compensatedSum
      return inverse.map { $0 / total }
    }
  }

  private static func inverseVariance(_ values: [Double]) -> Double {
    guard values.count >= 2 else { return 1 }
    let mean = values.compensatedSum / Double(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.compensatedSum / Double(values.count)
    return variance < 1e-12 || !variance.isFinite ? 1 : 1 / variance
  }
}
