import Competition
import Logging

/// Makes what models are shown of the feed's window, by a function of ours or of the competition.
public struct InputBuilder: Sendable {
  private let builtin: BuiltinInput
  private let function: ExtensionFunction?
  private let shapes: ContractShapes

  public init(_ builtin: BuiltinInput = .candles) {
    self.builtin = builtin
    function = nil
    shapes = ContractShapes()
  }

  /// - Parameter shapes: what the contract says that inputs have.
  public init(
    _ reference: ExtensionReference<BuiltinInput>, shapes: ContractShapes = ContractShapes(), limits: PythonLimits,
    logger: Logger
  ) async throws(CallableFault) {
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.inferenceInput.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .candles }
    self.shapes = shapes
    guard let function else { return }
    let samples = [100.0, 70].map { [JSON.object(Self.sample($0))] }
    try await function.probe(samples, within: limits.limit(ofSingle: samples.count)) { _, answer in
      answer.object == nil ? "a dictionary" : nil
    }
  }

  /// A made-up window about a price.
  private static func sample(_ price: Double) -> JSONObject {
    let candles = (0..<5).map { minute -> JSON in
      let open = price + Double(minute * minute)
      return [
        "ts": .int(1_700_000_000 + Int64(minute) * 60), "open": .double(open), "high": .double(open + price / 50),
        "low": .double(open - 1), "close": .double(open + price / 100), "volume": .double(price / 10),
      ]
    }
    return ["symbol": "BTC", "asof_ts": 1_700_000_240, "candles_1m": .array(candles)]
  }

  /// - Parameter raw: the window as `ModelInput.candles` makes it.
  /// - Throws: `ExtensionFailure`, `ShapeViolation`
  public func input(_ raw: JSONObject) async throws -> JSONObject {
    let raw = try shapes.rawInput.checked(raw, as: "raw input")
    guard let function else { return try shapes.inferenceInput.checked(builtin.input(raw), as: "input") }
    guard let input = try await function.result(of: [.object(raw)]).object else {
      throw ExtensionFailure("\(function.name) gave no dictionary")
    }
    return try shapes.inferenceInput.checked(input, as: "input")
  }
}
