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
    let candles = (0..<5).map { minute -> JSON in
      [
        "ts": .int(1_700_000_000 + Int64(minute) * 60), "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5,
        "volume": 3.0,
      ]
    }
    let sample: JSONObject = ["symbol": "BTC", "asof_ts": 1_700_000_240, "candles_1m": .array(candles)]
    _ = try await function.probe([.object(sample)]) { $0.object == nil ? "a dictionary" : nil }
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
