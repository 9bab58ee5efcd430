/// What of a sum of money each participant gets by a checkpoint's emission.
public enum Prizes {
  /// `[{prizeId: "{checkpoint}-{model}", timestamp, model, prize}]` in the emission's order; `timestamp` is the period's end
  /// in whole seconds since 1970.
  /// - Parameters:
  ///   - total: in the smallest unit of the currency; prizes are rounded to it, halves to even.
  ///   - ranking: of the checkpoint's `meta`; where it is too short a model is named by its place.
  public static func prizes(
    total: Int64, emission: JSONObject, ranking: [JSON], checkpointID: String, periodEnd: Timestamp
  ) -> [JSONObject] {
    (emission["cruncher_rewards"]?.array ?? []).map { reward in
      let model = EmissionFormats.modelID(reward["cruncher_index"]?.int ?? 0, ranking)
      return [
        "prizeId": .string("\(checkpointID)-\(model)"), "timestamp": .int(periodEnd.seconds), "model": .string(model),
        "prize": .int(prize(of: total, share: reward["reward_pct"]?.number ?? 0)),
      ]
    }
  }

  /// - Parameter share: in frac64.
  static func prize(of total: Int64, share: Double) -> Int64 {
    let prize = (Double(total) * (share / Double(Emission.whole))).rounded(.toNearestOrEven)
    // The largest totals have no Double of their own, and their whole would be one too many.
    return Int64(exactly: prize) ?? (prize > 0 ? .max : .min)
  }
}
