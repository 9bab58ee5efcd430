import Competition
import Logging

/// A Python function at an extension point, called in processes of its own. When a batch of calls crashes its process or takes
/// too long, each is made once more, alone.
struct PythonExtension: Sendable {
  private let name: String
  private let limits: PythonLimits
  private let pool: PythonPool
  private let logger: Logger

  private static let largestBatch = 1_000

  init(point: String, module: String, callable: String, limits: PythonLimits, logger: Logger) {
    name = "\(module):\(callable)"
    self.limits = limits
    self.logger = logger
    pool = PythonPool(point: point, module: module, callable: callable, limits: limits, logger: logger)
  }

  func start() async throws(CallableFault) { try await pool.start(name, limits) }

  /// - Parameter shared: sent once a batch. It may be big, so that only as much time as a batch may take is spent on making
  ///   the calls of a failed one again.
  func results(of calls: [[JSON]], shared: JSON? = nil) async -> [Result<JSON, ExtensionFailure>] {
    var results: [Result<JSON, ExtensionFailure>] = []
    for start in stride(from: 0, to: calls.count, by: Self.largestBatch) {
      let batch = Array(calls[start..<min(calls.count, start + Self.largestBatch)])
      let answered = await pool.lend { await answer(batch, shared, $0) }
      results += answered ?? batch.map { _ in .failure(ExtensionFailure("the call was cancelled")) }
    }
    return results
  }

  private func answer(
    _ batch: [[JSON]], _ shared: JSON?, _ process: PythonProcess
  ) async -> [Result<JSON, ExtensionFailure>] {
    let cause: PythonFailure
    switch await ask(batch, shared, process, limits.batchLimit) {
    case .success(let results): return results
    case .failure(let failure): cause = failure
    }
    logger.warning(
      "calls failed, making each once more",
      metadata: ["callable": "\(name)", "calls": "\(batch.count)", "cause": "\(cause)"])
    var results: [Result<JSON, ExtensionFailure>] = []
    let began = ContinuousClock.now
    for call in batch {
      if shared != nil, ContinuousClock.now - began > limits.batchLimit {
        results.append(.failure(ExtensionFailure("\(name): \(cause); there was no time to call it again")))
        continue
      }
      switch await ask([call], shared, process, limits.aloneLimit) {
      case .success(let own): results += own
      case .failure(let failure): results.append(.failure(ExtensionFailure("\(name): \(failure)")))
      }
    }
    return results
  }

  private func ask(
    _ batch: [[JSON]], _ shared: JSON?, _ process: PythonProcess, _ limit: Duration
  ) async -> Result<[Result<JSON, ExtensionFailure>], PythonFailure> {
    var request: JSONObject = ["calls": .array(batch.map(JSON.array))]
    request["shared"] = shared
    do {
      let answer = try await process.ask(JSON.object(request).encoded(), within: limit)
      guard let results = answer["results"]?.array, results.count == batch.count else {
        return .failure(.garbled("another number of results than \(batch.count)"))
      }
      var read = results.map { result -> Result<JSON, ExtensionFailure> in
        result.isFinite
          ? .success(result) : .failure(ExtensionFailure("\(name) gave a number that is none"))
      }
      for failure in answer["failed"]?.array ?? [] {
        guard let parts = failure.array, parts.count == 2, let place = parts[0].int.map(Int.init),
          read.indices.contains(place)
        else { continue }
        read[place] = .failure(ExtensionFailure(parts[1].string ?? "\(name) raised"))
      }
      return .success(read)
    } catch {
      return .failure(error as? PythonFailure ?? .garbled("\(error)"))
    }
  }
}
