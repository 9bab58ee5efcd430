/// How the results of a model in one bucket become the summary of its snapshot.
public enum SnapshotAggregation {
  /// The mean of every numeric key over the results that have it, in their order; of other values the last that is not
  /// null, unless the key had numbers too. Booleans are no numbers, and the bookkeeping of a result is left out: every
  /// result here is a success.
  public static func summary(of results: [JSONObject]) -> JSONObject {
    var keys: [String] = []
    var columns: [String: Column] = [:]
    for result in results {
      for member in result where !bookkeeping.contains(member.key) {
        if columns[member.key] == nil { keys.append(member.key) }
        columns[member.key, default: Column()].add(member.value)
      }
    }
    var summary = JSONObject()
    for key in keys { summary[key] = columns[key]?.value }
    return summary
  }

  /// Keys that say how scoring went, not what came of it.
  static let bookkeeping: Set = ["success", "failed_reason"]

  private struct Column {
    var total = 0.0
    var count = 0
    var last: JSON?

    mutating func add(_ value: JSON) {
      switch value {
      case .int, .double:
        total += value.number ?? 0
        count += 1
      case .null, .bool: break
      default: last = value
      }
    }

    var value: JSON? {
      guard count > 0 else { return last }
      let mean = total / Double(count)
      return mean.isFinite ? .double(mean) : nil
    }
  }
}

extension Snapshot {
  /// The snapshot of a model's successful results of one bucket, in order of prediction id.
  /// - Parameter summary: nil: the means.
  public init(
    of results: [JSONObject], summary: JSONObject? = nil, modelID: String, periodStart: Timestamp, periodEnd: Timestamp
  ) {
    self.init(
      id: RecordIDs.snapshot(model: modelID, at: periodEnd), modelID: modelID, periodStart: periodStart,
      periodEnd: periodEnd, predictionCount: results.count,
      resultSummary: summary ?? SnapshotAggregation.summary(of: results), createdAt: periodEnd)
  }
}
