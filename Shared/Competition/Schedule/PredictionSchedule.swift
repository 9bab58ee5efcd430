/// When configs fire and how long answers count.
public enum PredictionSchedule {
  /// The slot of a record that became known at `known`: floor(time / interval).
  public static func slot(at known: Timestamp, intervalSeconds: Int) -> Int64 {
    known.floored(toSeconds: intervalSeconds).seconds / Int64(intervalSeconds)
  }

  /// Until when an answer counts: a tenth of the horizon but at least 1 s, never longer than the call may take; later ones
  /// would see the outcome. A horizon of 0 has no outcome to see.
  /// - Parameter override: `PREDICT_DEADLINE_SECONDS`, in place of the tenth.
  public static func deadline(
    performedAt: Timestamp, horizonSeconds: Int, timeoutSeconds: Double, override: Double?
  ) -> Timestamp {
    let own = override ?? (horizonSeconds == 0 ? timeoutSeconds : max(1, Double(horizonSeconds) / 10))
    return performedAt.adding(seconds: min(timeoutSeconds, own))
  }
}
