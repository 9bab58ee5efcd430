import Foundation

/// A model's scores of a bucket as the summary of its snapshot.
public enum BuiltinAggregation: String, BuiltinExtension {
  /// The mean of every number, as the original makes it.
  case mean
  /// The middle value of every number, so that one lucky hit counts little.
  case median
  /// The sum of every number, so that who predicts more can win more.
  case sum
  /// The mean over the standard deviation of `value`, with the means of all numbers beside it as `mean_…`.
  case sharpe

  public var summary: String {
    switch self {
    case .mean: "the mean of every number"
    case .median: "the middle value of every number"
    case .sum: "the sum of every number"
    case .sharpe: "value: mean over deviation of the values; mean_value and the rest: means"
    }
  }

  /// - Parameter results: successful ones, in order of prediction id.
  public func summary(of results: [JSONObject]) -> JSONObject {
    let means = SnapshotAggregation.summary(of: results)
    func numbers(_ key: String) -> [Double] {
      results.compactMap { $0[key]?.number }.filter(\.isFinite)
    }
    func changed(_ change: ([Double]) -> Double) -> JSONObject {
      JSONObject(
        means.map { member in
          let own = numbers(member.key)
          let number = own.isEmpty ? nil : change(own)
          return (member.key, number.flatMap { $0.isFinite ? .double($0) : nil } ?? member.value)
        })
    }
    switch self {
    case .mean: return means
    case .median:
      return changed { numbers in
        let ordered = numbers.sorted()
        let middle = ordered.count / 2
        return ordered.count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
      }
    case .sum: return changed { $0.compensatedSum }
    case .sharpe:
      let values = numbers("value")
      guard values.count >= 2, let mean = means["value"]?.number else { return means }
      let deviation = (values.map { ($0 - mean) * ($0 - mean) }.compensatedSum / Double(values.count)).squareRoot()
      var summary = means
      summary["mean_value"] = .double(mean)
      summary["value"] = .double(deviation < 1e-12 ? 0 : mean / deviation)
      return summary
    }
  }
}
