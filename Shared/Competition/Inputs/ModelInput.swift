/// What models are shown: the window of a feed in the shapes of the original.
public enum ModelInput {
  /// `{symbol, asof_ts, candles_1m: [{ts, open, high, low, close, volume}]}`, times in whole seconds. A tick becomes a
  /// flat candle without volume, a record without a price is left out. `asof_ts` is the last candle's time.
  /// - Parameters:
  ///   - window: ascending by time.
  ///   - now: stands for `asof_ts` where the window is empty.
  public static func candles(window: [FeedRecord], subject: String, now: Timestamp) -> JSONObject {
    let candles = window.compactMap(candle)
    let newest = candles.last?["ts"]?.int ?? now.seconds
    return [
      "symbol": .string(subject), "asof_ts": .int(newest), "candles_1m": .array(candles.map(JSON.object)),
    ]
  }

  private static func candle(_ record: FeedRecord) -> JSONObject? {
    let values = record.values
    guard let price = price(values) else { return nil }
    func field(_ key: String) -> Double? {
      guard let value = values[key], !value.isNull else { return price }
      return value.floatValue.flatMap { $0.isFinite ? $0 : nil }
    }
    let isCandle = record.key.kind == .candle
    let volume = isCandle ? values["volume"].map { $0.isNull ? 0 : $0.floatValue } ?? 0 : 0
    guard let open = isCandle ? field("open") : price, let high = isCandle ? field("high") : price,
      let low = isCandle ? field("low") : price, let volume, volume.isFinite
    else { return nil }
    return [
      "ts": .int(record.eventTime.seconds), "open": .double(open), "high": .double(high), "low": .double(low),
      "close": .double(price), "volume": .double(volume),
    ]
  }

  /// `close`, else `price`. A close that cannot be read drops the record: it does not fall back.
  private static func price(_ values: JSONObject) -> Double? {
    guard let value = values["close"] ?? values["price"] else { return nil }
    return value.floatValue.flatMap { $0.isFinite ? $0 : nil }
  }
}
