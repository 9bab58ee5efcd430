/// What models are shown.
public enum BuiltinInput: String, BuiltinExtension {
  /// The window as candles, as the original shows it.
  case candles
  /// The window's last prices alone, the oldest first.
  case closes
  /// The changes from one price to the next, as fractions.
  case returns

  public var summary: String {
    switch self {
    case .candles: "{symbol, asof_ts, candles_1m}"
    case .closes: "{symbol, asof_ts, closes: [number]}"
    case .returns: "{symbol, asof_ts, returns: [fraction]}, one less than prices"
    }
  }

  /// - Parameter raw: the window as `ModelInput.candles` makes it.
  public func input(_ raw: JSONObject) -> JSONObject {
    let closes = (raw["candles_1m"]?.array ?? []).compactMap { $0["close"]?.number }
    var input = raw
    switch self {
    case .candles: return raw
    case .closes:
      input["candles_1m"] = nil
      input["closes"] = .array(closes.map(JSON.double))
    case .returns:
      input["candles_1m"] = nil
      let changes = zip(closes, closes.dropFirst()).map { $0 == 0 ? 0 : ($1 - $0) / $0.magnitude }
      input["returns"] = .array(changes.map(JSON.double))
    }
    return input
  }
}
