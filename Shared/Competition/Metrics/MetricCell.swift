/// What metrics know of one model at one `MetricKey`. Each part is a finite number, or nil when it is not known.
public struct MetricCell: Sendable, Hashable {
  /// What the model expected.
  public var signal: Double?
  /// What came: a fraction, as 0.01 for a rise by 1 %.
  public var outcome: Double?
  /// What the scoring function gave for it.
  public var value: Double?
  /// What an ensemble would weigh: the answer's `value`.
  public var forecast: Double?
  /// The whole answer; nil unless functions of the competition look at it.
  public var answer: PastAnswer?

  public init(signal: Double? = nil, outcome: Double? = nil, value: Double? = nil, forecast: Double? = nil) {
    self.signal = signal
    self.outcome = outcome
    self.value = value
    self.forecast = forecast
  }

  /// - Parameters:
  ///   - output: the model's answer.
  ///   - result: of the scoring function; nil when scoring failed.
  ///   - truth: what was true; nil when it is not known.
  ///   - valueField: what the contract averages; a truth that names no return may have it, as those of rounds do.
  public init(output: JSONObject, result: JSONObject?, truth: JSONObject? = nil, valueField: String = "value") {
    signal = Self.signal(of: output)
    outcome =
      Self.outcome(of: result ?? [:]) ?? Self.outcome(of: truth ?? [:]) ?? truth?[valueField]?.finite
      ?? truth?["value"]?.finite
    value = result?["value"]?.finite
    forecast = Ensemble.value(of: output)
  }

  /// The first of `value`, `expected_return`, `signal` and `prediction` that is not null, else the first number or boolean
  /// in the output. A text counts when it spells a number.
  private static func signal(of output: JSONObject) -> Double? {
    for key in ["value", "expected_return", "signal", "prediction"] {
      if let value = output[key], !value.isNull { return value.finite }
    }
    return output.first { $0.value.number != nil || $0.value.bool != nil }?.value.finite
  }

  /// The first of `actual_return`, `profit` and `return` that reads as a number.
  private static func outcome(of object: JSONObject) -> Double? {
    ["actual_return", "profit", "return"].lazy.compactMap { object[$0]?.finite }.first
  }
}

extension JSON {
  /// The number that `floatValue` reads, unless it is none that one can compute with.
  fileprivate var finite: Double? { floatValue.flatMap { $0.isFinite ? $0 : nil } }
}
