/// Where the time of predictions goes.
public enum TimingReport {
  /// `{enabled, buffer_size, total_records, stage_latencies, recent_samples}`: one row a stage, in the order of the way,
  /// with its share of the whole in percent, and the last ten records. Without records the lists are empty.
  public static func report(of records: [TimingRecord]) -> JSONObject {
    let whole = TimingSummary(TimingStage.whole.durations(records)).mean
    let stages = TimingStage.all.enumerated().map { index, stage -> JSON in
      let summary = TimingSummary(stage.durations(records))
      let row: JSONObject = [
        "name": .string(stage.name), "step": stage == .whole ? "total" : JSON(index + 1),
        "pct_of_total": JSON(finite: share(summary.mean, of: whole)),
      ]
      return .object(row.merging(summary.json))
    }
    let samples = records.suffix(10).map { record -> JSON in
      let id: JSONObject = ["prediction_id": .string(record.predictionID)]
      return .object(id.merging(record.moments))
    }
    return [
      "enabled": true, "buffer_size": JSON(records.count), "total_records": JSON(records.count),
      "stage_latencies": .array(records.isEmpty ? [] : stages), "recent_samples": .array(samples),
    ]
  }

  private static func share(_ mean: Double?, of whole: Double?) -> Double? {
    guard let mean, let whole, whole > 0 else { return nil }
    return (mean / whole * 100).rounded(decimals: 1)
  }
}
