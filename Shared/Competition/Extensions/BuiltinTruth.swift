/// What was true, made of the feed's closed records from the entry's to the exit's.
public enum BuiltinTruth: String, BuiltinExtension {
  /// The change from the price at entry to the price at exit.
  case entryExit = "entry_exit"
  /// The change from the price at entry to the mean price on the way, weighted by volume where there is any.
  case vwap
  /// Beside the change from entry to exit, how far the price went up and down, and how much it swung.
  case range

  public var summary: String {
    switch self {
    case .entryExit: "the change from entry to exit"
    case .vwap: "the change from entry to the mean price, weighted by volume"
    case .range: "the change from entry to exit, with highest, lowest and volatility"
    }
  }

  /// nil when the records tell no price.
  public func value(of records: [FeedRecord]) -> JSONObject? {
    guard var truth = DefaultGroundTruth.value(of: records), let entry = truth["entry_price"]?.number else {
      return nil
    }
    // A record that is both entry and exit comes twice.
    let way = records.count == 2 && records[0] == records[1] ? [records[1]] : Array(records.dropFirst())
    func prices(_ keys: [String]) -> [Double] {
      way.compactMap { record in keys.lazy.compactMap { record.values[$0]?.floatValue }.first { $0.isFinite } }
    }
    switch self {
    case .entryExit: break
    case .vwap:
      let closes = prices(["close", "price"])
      let volumes = way.map { $0.values["volume"]?.floatValue ?? 0 }
      let volume = volumes.reduce(0, +)
      guard closes.count == way.count, !closes.isEmpty else { return nil }
      let mean =
        volume > 0
        ? zip(closes, volumes).reduce(0) { $0 + $1.0 * $1.1 } / volume : closes.reduce(0, +) / Double(closes.count)
      let change = (mean - entry) / entry.magnitude
      guard change.isFinite else { return nil }
      truth["resolved_price"] = .double(mean)
      truth["profit"] = .double(change)
      truth["return"] = .double(change)
      truth["direction_up"] = .bool(mean > entry)
    case .range:
      let closes = [entry] + prices(["close", "price"])
      guard let high = prices(["high", "close", "price"]).max(), let low = prices(["low", "close", "price"]).min()
      else { return nil }
      let changes = zip(closes, closes.dropFirst()).map { ($1 - $0) / $0.magnitude }
      let swing = (changes.reduce(0) { $0 + $1 * $1 }).squareRoot()
      guard swing.isFinite else { return nil }
      truth["highest"] = .double(max(high, entry))
      truth["lowest"] = .double(min(low, entry))
      truth["volatility"] = .double(swing)
    }
    return truth
  }
}
