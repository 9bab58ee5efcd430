/// How long a stage takes: figures over its durations in microseconds.
struct TimingSummary {
  /// Ascending.
  private let durations: [Int64]

  init(_ durations: [Int64]) { self.durations = durations }

  /// nil without durations.
  var mean: Double? {
    durations.isEmpty ? nil : durations.lazy.map { Double($0) }.compensatedSum / Double(durations.count)
  }

  /// `{count, mean_us, median_us, min_us, max_us, p95_us, p99_us}`.
  var json: JSONObject {
    [
      "count": JSON(durations.count), "mean_us": JSON(finite: mean), "median_us": median,
      "min_us": durations.first.map(JSON.int) ?? .null, "max_us": durations.last.map(JSON.int) ?? .null,
      "p95_us": percentile(95), "p99_us": percentile(99),
    ]
  }

  private var median: JSON {
    guard !durations.isEmpty else { return .null }
    let middle = durations.count / 2
    if durations.count % 2 == 1 { return .int(durations[middle]) }
    return .double((Double(durations[middle - 1]) + Double(durations[middle])) / 2)
  }

  /// By the exclusive method, as Python's `statistics.quantiles`: it looks a little beyond the largest of few durations.
  private func percentile(_ percent: Int) -> JSON {
    guard durations.count >= 2 else { return durations.first.map(JSON.int) ?? .null }
    let place = percent * (durations.count + 1)
    let above = min(max(place / 100, 1), durations.count - 1)
    let share = Double(place - 100 * above)
    return .double((Double(durations[above - 1]) * (100 - share) + Double(durations[above]) * share) / 100)
  }
}
