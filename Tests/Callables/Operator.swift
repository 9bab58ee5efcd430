import Callables
import Competition
import Foundation
import Logging

/// Loads functions of `operator_scoring.py`, as an operator's setting would.
enum Operator {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

  static func load(
    _ callable: String, module: String = "operator_scoring", batchLimit: Duration = .seconds(10),
    aloneLimit: Duration = .seconds(1),
    truth: [CrunchContract.OutputField] = []
  ) async throws -> any ScoringFunction {
    let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
    let limits = PythonLimits(
      interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
      memoryBytes: 512 << 20, batchLimit: batchLimit, aloneLimit: aloneLimit, environment: ["PYTHONPATH": folder])
    return try await ScoringSource(.python(module: module, callable: callable), python: limits, truth: truth)
      .load(logger: Logger(label: "test"))
  }

  static let truth: JSONObject = ["profit": 0.5]

  static func outputs(_ count: Int) -> [JSONObject] { (0..<count).map { ["value": .double(Double($0))] } }
}

extension ScoringOutcome {
  var value: Double? { if case .scored(let result) = self { result["value"]?.number } else { nil } }
  var reason: String? { if case .failed(let reason, _) = self { reason } else { nil } }
}
