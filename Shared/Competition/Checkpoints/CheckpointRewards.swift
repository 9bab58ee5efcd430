/// Who got how much in each checkpoint.
public enum CheckpointRewards {
  /// One row per ranked model of a participant and checkpoint, by end of period and rank: `{checkpoint_id, period_start,
  /// period_end, model_id, model_name, rank, reward_pct, prediction_count}` and the numbers and booleans of its summary.
  /// `reward_pct` is in percent with four decimals, null when the emission has no such place.
  /// - Parameter modelID: only rows of this model; nil: of all.
  public static func rows(of checkpoints: [Checkpoint], modelID: String? = nil) -> [JSONObject] {
    let rows = checkpoints.flatMap { checkpoint in
      let shares = shares(of: checkpoint.entries.first ?? .null)
      return (checkpoint.meta["ranking"]?.array ?? []).compactMap {
        place -> (end: Timestamp, rank: Double, row: JSONObject)? in
        guard let id = place["model_id"]?.string, !EnsembleName.isVirtual(id), modelID == nil || modelID == id else {
          return nil
        }
        return (checkpoint.periodEnd, place["rank"]?.number ?? 0, row(id, place, shares, checkpoint))
      }
    }
    return rows.enumerated().sorted { left, right in
      (left.element.end, left.element.rank, left.offset) < (right.element.end, right.element.rank, right.offset)
    }.map(\.element.row)
  }

  /// The shares of an emission in frac64, by their `cruncher_index`: the rank less one. The list may have any order. Of
  /// two for one index the first counts; what names none is left out.
  public static func shares(of emission: JSON) -> [Int: JSON] {
    Dictionary(
      (emission["cruncher_rewards"]?.array ?? []).compactMap { reward in
        reward["cruncher_index"]?.int.map { (Int($0), reward["reward_pct"] ?? .null) }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func row(
    _ modelID: String, _ place: JSON, _ shares: [Int: JSON], _ checkpoint: Checkpoint
  ) -> JSONObject {
    let share = place["rank"]?.int.flatMap { shares[Int($0) &- 1]?.number }
    let row: JSONObject = [
      "checkpoint_id": .string(checkpoint.id), "period_start": .string(checkpoint.periodStart.iso8601(.z)),
      "period_end": .string(checkpoint.periodEnd.iso8601(.z)), "model_id": .string(modelID),
      "model_name": place["model_name"] ?? .null, "rank": place["rank"] ?? .null,
      "reward_pct": JSON(finite: share.map { ($0 / 1e9 * 100).rounded(decimals: 4) }),
      "prediction_count": place["prediction_count"] ?? .int(0),
    ]
    let figures = (place["result_summary"]?.object ?? [:]).filter { $0.value.number != nil || $0.value.bool != nil }
    return row.merging(JSONObject(figures.map { ($0.key, $0.value) }))
  }
}
