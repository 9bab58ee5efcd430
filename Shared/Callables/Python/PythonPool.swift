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
