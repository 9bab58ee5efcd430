import Competition
import Models

/// The running models and who wants to hear of them.
actor RunRegistry {
  private var runs: [String: ModelRun] = [:]
  private var listeners: [Int: AsyncStream<String>.Continuation] = [:]
  private var nextListener = 0
  private var stops: [String: @Sendable (String) async -> Void] = [:]

  /// A stream of messages: `init` first, then an `update` for every change.
  func listen() -> (id: Int, messages: AsyncStream<String>) {
    let (messages, continuation) = AsyncStream<String>.makeStream()
    continuation.yield(OrchestratorMessage.initial(runs.values.sorted { $0.modelID < $1.modelID }).text)
    nextListener += 1
    listeners[nextListener] = continuation
    return (nextListener, messages)
  }

  func leave(_ id: Int) { listeners.removeValue(forKey: id)?.finish() }

  /// - Parameter stop: called with the reason when a coordinator reports the model.
  func announce(_ run: ModelRun, stop: @Sendable @escaping (String) async -> Void) {
    runs[run.modelID] = run
    stops[run.modelID] = stop
    tell(run)
  }

  func withdraw(_ run: ModelRun) {
    guard runs[run.modelID]?.deploymentID == run.deploymentID else { return }
    runs[run.modelID] = nil
    stops[run.modelID] = nil
    var stopped = run
    stopped.state = .stopped
    tell(stopped)
  }

  /// Stops the reported models. A report that names another address than the announced one is about nobody.
  func report(_ reports: [FailureReport]) async {
    for report in reports {
      guard let run = runs[report.modelID], run.host == report.host, let stop = stops[report.modelID] else { continue }
      await stop("\(report.code): \(report.reason ?? "no reason given")")
    }
  }

  private func tell(_ run: ModelRun) {
    for listener in listeners.values { listener.yield(OrchestratorMessage.update([run]).text) }
  }
}
