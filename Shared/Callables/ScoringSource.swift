import Competition
import Logging

/// Where a scoring function comes from, and what it may use.
public struct ScoringSource: Sendable {
  public var reference: CallableReference
  public var python: PythonLimits
  /// Fields of the outputs that it will meet: what the startup probe asks it about.
  public var output: [CrunchContract.OutputField]
  /// Fields of the truths that it will meet, beside those of a price that moved.
  public var truth: [CrunchContract.OutputField]

  public init(
    _ reference: CallableReference, python: PythonLimits = PythonLimits(),
    output: [CrunchContract.OutputField] = CrunchContract.default.output, truth: [CrunchContract.OutputField] = []
  ) {
    self.reference = reference
    self.python = python
    self.output = output
    self.truth = truth
  }

  /// The function of a contract.
  public init(_ contract: CrunchContract, python: PythonLimits) {
    self.init(contract.scoring, python: python, output: contract.output, truth: contract.shapes.groundTruth.fields)
  }

  /// Where another contract's function comes from, with the same limits.
  public func of(_ contract: CrunchContract) -> ScoringSource {
    ScoringSource(contract, python: python)
  }

  /// The function, loaded and probed.
  /// - Throws: `CallableFault` with the reason when it is missing or broken.
  public func load(logger: Logger) async throws -> any ScoringFunction {
    let function: any ScoringFunction
    switch reference {
    case .builtin(let builtin): return builtin.function
    case .python(let module, let callable):
      let scoring = PythonScoring(module: module, callable: callable, limits: python, logger: logger)
      try await scoring.start()
      function = scoring
    case .library(let path, let symbol):
      function = try LibraryScoring(path: path, symbol: symbol)
    }
    try await ScoringProbe(name: "\(reference)", output: output, truth: truth, limit: python.batchLimit).check(
      function)
    return function
  }
}
