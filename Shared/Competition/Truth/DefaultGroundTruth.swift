/// The default resolver of 0.1.101, with the seed's `return` beside its `profit`.
public enum DefaultGroundTruth {
  /// From the first and the last of the records: `{symbol, asof_ts, entry_price, resolved_price, profit, direction_up,
  /// return}`; `asof_ts` in milliseconds. nil when they tell no price, or an entry price of 0.
  public static func value(of records: [FeedRecord]) -> JSONObject? {
    guard let first = records.first, let last = records.last else { return nil }
    // A record alone tells its own open and close.
    let entryKeys = records.count == 1 ? ["open", "price"] : ["close", "price"]
    guard let entry = price(first, entryKeys), let exit = price(last, ["close", "price"]), entry != 0 else {
      return nil
    }
    let change = (exit - entry) / entry.magnitude
    guard change.isFinite else { return nil }
    return [
      "symbol": .string(last.key.subject), "asof_ts": .int(last.eventTime.seconds * 1_000),
      "entry_price": .double(entry), "resolved_price": .double(exit), "profit": .double(change),
      "direction_up": .bool(exit > entry), "return": .double(change),
    ]
  }

  /// The first of the values that is neither missing nor zero, as a number; 0 when none is.
  private static func price(_ record: FeedRecord, _ keys: [String]) -> Double? {
    guard let value = keys.lazy.compactMap({ record.values[$0] }).first(where: \.isTruthy) else { return 0 }
    return value.floatValue.flatMap { $0.isFinite ? $0 : nil }
  }
}
