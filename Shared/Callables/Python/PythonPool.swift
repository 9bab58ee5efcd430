import Competition
import Foundation
import Logging

/// Lends Python processes to one caller each, in the order of asking.
actor PythonPool {
  private let processes: [PythonProcess]
  private var idle: [PythonProcess]
  private var waiting: [(ticket: Int, continuation: CheckedContinuation<PythonProcess?, Never>)] = []
  private var tickets = 0

  init(_ processes: [PythonProcess]) {
    self.processes = processes
    idle = processes
  }

  /// A process that died must cost a failed write, and not this process.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// Processes that call one function.
  /// - Parameter point: the extension point whose function it is; `scoring` for the scoring function.
  init(point: String, module: String, callable: String, limits: PythonLimits, logger: Logger) {
    _ = Self.ignoreBrokenPipes
    let hello: JSON = [
      "point": .string(point), "module": .string(module), "callable": .string(callable),
      "memory_bytes": .int(Int64(limits.memoryBytes)),
      "seconds": .double((limits.batchLimit + .seconds(5)) / .seconds(1)),
    ]
    self.init(
      (0..<max(1, limits.processes)).map { _ in
        PythonProcess(hello: Array(hello.text.utf8), limits: limits, logger: logger)
      })
  }

  /// Starts one process, to learn whether it can.
  func start(_ name: String, _ limits: PythonLimits) async throws(CallableFault) {
    let failure = await lend { process -> PythonFailure? in
      do {
        try await process.start()
        return nil
      } catch { return error as? PythonFailure ?? .ended("\(error)") }
    }
    guard let failure = failure ?? nil else { return }
    throw CallableFault(
      name, "cannot be called: \(failure)", hint: "see that \(limits.interpreter) finds it (PYTHONPATH, working folder)"
    )
  }

  /// - Returns: what `body` answers; nil when the caller gave up before a process was free.
  func lend<Answer: Sendable>(_ body: @Sendable (PythonProcess) async -> Answer) async -> Answer? {
    guard let process = await take() else { return nil }
    let answer = await body(process)
    giveBack(process)
    return answer
  }

  func close() async {
    for process in processes { await process.close() }
  }

  private func take() async -> PythonProcess? {
    if Task.isCancelled { return nil }
    if let process = idle.popLast() { return process }
    tickets += 1
    let ticket = tickets
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { return continuation.resume(returning: nil) }
        waiting.append((ticket, continuation))
      }
    } onCancel: {
      Task { await giveUp(ticket) }
    }
  }

  private func giveUp(_ ticket: Int) {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: index).continuation.resume(returning: nil)
  }

  private func giveBack(_ process: PythonProcess) {
    guard !waiting.isEmpty else { return idle.append(process) }
    waiting.removeFirst().continuation.resume(returning: process)
  }
}
