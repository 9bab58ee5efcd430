import Callables
import Competition
import Foundation
import Logging

/// Functions of `operator_extensions.py` at the extension points.
enum OperatorFunctions {
  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func limits(_ batchLimit: Duration = .seconds(10)) -> PythonLimits {
    let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
    return PythonLimits(
      interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
      memoryBytes: 512 << 20, batchLimit: batchLimit, aloneLimit: .seconds(1),
      environment: ["PYTHONPATH": Operator.folder])
  }

  static func python<Builtin>(_ callable: String) -> ExtensionReference<Builtin> {
    .python(module: "operator_extensions", callable: callable)
  }

  static func results(_ values: [Double]) -> [JSONObject] { values.map { ["value": .double($0)] } }

  static func emission(_ callable: String) async throws -> EmissionBuilder {
    var contract = CrunchContract.default
    contract.callables.buildEmission = python(callable)
    return try await EmissionBuilder(of: contract, limits: limits(), logger: logger)
  }
}
