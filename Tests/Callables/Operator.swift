import Competition
import Foundation
import Logging

@testable import Callables

/// Loads functions of `operator_scoring.py`, as an operator's setting would.
enum Operator {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

  static func load(
    _ callable: String, module: String = "operator_scoring", batchLimit: Duration = .seconds(10),
    aloneLimit: Duration = .seconds(1), output: [CrunchContract.OutputField] = CrunchContract.default.output,
    truth: [CrunchContract.OutputField] = []
  ) async throws -> any ScoringFunction {
    try await ScoringSource(
      .python(module: module, callable: callable), python: limits(batch: batchLimit, alone: aloneLimit),
      output: output, truth: truth
    ).load(logger: Logger(label: "test"))
  }

  /// The processes of a function, without a look at what it answers.
  static func pool(_ callable: String) -> PythonPool {
    PythonPool(
      point: "scoring", module: "operator_scoring", callable: callable,
      limits: limits(batch: .seconds(10), alone: .seconds(1)), logger: Logger(label: "test"))
  }

  /// Asks about one prediction.
  static func request(_ output: JSONObject) throws -> [UInt8] {
    try JSON.object(["truth": .object(truth), "outputs": [.object(output)]]).encoded()
  }

  private static func limits(batch: Duration, alone: Duration) -> PythonLimits {
    let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
    return PythonLimits(
      interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
      memoryBytes: 512 << 20, batchLimit: batch, aloneLimit: alone, environment: ["PYTHONPATH": folder])
  }

  static let truth: JSONObject = ["profit": 0.5]

  static func outputs(_ count: Int) -> [JSONObject] { (0..<count).map { ["value": .double(Double($0))] } }
}

extension ScoringOutcome {
  var value: Double? { if case .scored(let result) = self { result["value"]?.number } else { nil } }
  var reason: String? { if case .failed(let reason, _) = self { reason } else { nil } }
}
