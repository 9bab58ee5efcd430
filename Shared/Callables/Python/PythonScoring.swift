import Competition
import Logging

/// A scoring function in Python, `score(prediction, ground_truth)`, called in processes of its own: whatever it does there
/// costs the predictions that it does it for, and never this process.
///
/// Predictions go over a pipe in batches of up to 1,000. When a batch crashes its process or takes too long, each of its
/// predictions is asked about once more, alone.
struct PythonScoring: ScoringFunction {
  private let name: String
  private let limits: PythonLimits
  private let pool: PythonPool
  private let logger: Logger

  static let largestBatch = 1_000
  let readsIdentity = true

  init(module: String, callable: String, limits: PythonLimits, logger: Logger) {
    name = "\(module):\(callable)"
    self.limits = limits
    self.logger = logger
    pool = PythonPool(point: "scoring", module: module, callable: callable, limits: limits, logger: logger)
  }

  /// Starts one process, to learn whether it can.
  func start() async throws(CallableFault) { try await pool.start(name, limits) }

  /// Ends the processes.
  func close() async { await pool.close() }

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    await pool.lend { await score(outputs, truth, process: $0) } ?? outputs.map { _ in Self.outcome(of: .cancelled) }
  }

  /// Waits for a process and calls with what asks that one.
  func inTurn<Answer: Sendable>(
    _ call: @Sendable (any ScoringFunction) async throws -> Answer
  ) async throws -> Answer {
    let answer = await pool.lend { process -> Result<Answer, any Error> in
      do { return .success(try await call(Turn(scoring: self, process: process))) } catch { return .failure(error) }
    }
    guard let answer else { throw CancellationError() }
    return try answer.get()
  }

  /// The function in one of its processes.
  private struct Turn: ScoringFunction {
    let scoring: PythonScoring
    let process: PythonProcess
    let readsIdentity = true

    func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
      await scoring.score(outputs, truth, process: process)
    }
  }

  private func score(_ outputs: [JSONObject], _ truth: JSONObject, process: PythonProcess) async -> [ScoringOutcome] {
    var outcomes: [ScoringOutcome] = []
    for start in stride(from: 0, to: outputs.count, by: Self.largestBatch) {
      outcomes += await score(
        batch: Array(outputs[start..<min(outputs.count, start + Self.largestBatch)]), truth, process)
    }
    return outcomes
  }

  private func score(
    batch: [JSONObject], _ truth: JSONObject, _ process: PythonProcess
  ) async -> [ScoringOutcome] {
    let failure: PythonFailure
    switch await ask(batch, truth, process, limits.batchLimit) {
    case .success(let outcomes): return outcomes
    case .failure(let cause): failure = cause
    }
    guard batch.count > 1 else { return [Self.outcome(of: failure)] }
    logger.warning(
      "a batch failed, asking about each prediction alone",
      metadata: ["callable": "\(name)", "predictions": "\(batch.count)", "cause": "\(failure)"])
    var outcomes: [ScoringOutcome] = []
    for output in batch {
      if Task.isCancelled { break }
      switch await ask([output], truth, process, limits.aloneLimit) {
      case .success(let alone): outcomes += alone
      case .failure(let cause): outcomes.append(Self.outcome(of: cause))
      }
    }
    return outcomes + batch[outcomes.count...].map { _ in Self.outcome(of: .cancelled) }
  }

  private func ask(
    _ batch: [JSONObject], _ truth: JSONObject, _ process: PythonProcess, _ limit: Duration
  ) async -> Result<[ScoringOutcome], PythonFailure> {
    let request: JSON = ["truth": .object(truth), "outputs": .array(batch.map(JSON.object))]
    do {
      let answer = try await process.ask(request.encoded(), within: limit)
      return .success(try PythonAnswer.outcomes(in: answer, count: batch.count))
    } catch {
      return .failure(error as? PythonFailure ?? .garbled("\(error)"))
    }
  }

  private static func outcome(of failure: PythonFailure) -> ScoringOutcome {
    let kind: ScoringFailureKind
    switch failure {
    case .timedOut, .cancelled: kind = .timedOut
    case .ended, .refused, .garbled: kind = .raised
    }
    return .failed("\(failure)", kind: kind)
  }
}
