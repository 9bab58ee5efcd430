import Logging
import Models
import ServiceKit
import Synchronization

/// Connects to the orchestrator and the models that it announces as the predict worker does, but reports nobody.
struct RollCall: Sendable {
  struct Answer: Sendable {
    /// nil when the orchestrator was not reached.
    var models: [AnnouncedModel]?
    /// Why not.
    var trouble: String?
  }

  let cluster: ModelCluster
  private let connection: ConnectionFlag

  init(_ settings: PredictSettings, crunchID: String) {
    let connection = ConnectionFlag()
    self.connection = connection
    cluster = ModelCluster(
      ModelClusterConfiguration(
        host: settings.modelHost, port: settings.modelPort, crunchID: crunchID, baseClassname: settings.baseClassname,
        updateMethod: settings.updateMethod, timeout: .seconds(settings.modelTimeoutSeconds), reportsFailures: false),
      logger: Terminal.silence
    ) { connection.note($0) }
  }

  /// The models, once all that are announced are set up or refused, or when the time is over.
  func models(within patience: Duration) async -> Answer {
    await attending { await answer(within: patience) }
  }

  /// Follows the orchestrator while `body` runs.
  func attending<Result: Sendable>(_ body: () async -> Result) async -> Result {
    let running = Task { await cluster.run() }
    let result = await body()
    running.cancel()
    return result
  }

  /// Must be called while `attending`.
  func answer(within patience: Duration) async -> Answer {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end, !Task.isCancelled {
      let models = await cluster.announced()
      if !models.isEmpty, models.allSatisfy(\.isSettled) {
        return Answer(models: models)
      }
      await rest(.milliseconds(50))
    }
    guard connection.wasEver else {
      return Answer(models: nil, trouble: await cluster.trouble ?? "no connection within \(patience)")
    }
    return Answer(models: await cluster.announced())
  }
}

extension AnnouncedModel {
  fileprivate var isSettled: Bool {
    switch state {
    case .ready, .refused: true
    case .connecting: false
    }
  }
}

private final class ConnectionFlag: Sendable {
  private let state = Mutex(false)
  var wasEver: Bool { state.withLock { $0 } }
  func note(_ isConnected: Bool) { if isConnected { state.withLock { $0 = true } } }
}
