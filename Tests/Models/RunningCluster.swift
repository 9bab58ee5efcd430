import ChildProcesses
import Competition
import Foundation
import Logging
import Synchronization
import TestKit

@testable import Models

/// A cluster that follows an orchestrator while a test uses it.
struct RunningCluster: Sendable {
  let cluster: ModelCluster
  /// Whether the orchestrator is there.
  let isConnected: @Sendable () -> Bool

  static func with(
    port: Int, timeoutSeconds: Int = 30, _ body: @Sendable (RunningCluster) async throws -> Void
  ) async throws {
    let connected = Flag()
    let cluster = ModelCluster(
      ModelClusterConfiguration(
        host: "127.0.0.1", port: port, crunchID: "test", baseClassname: "tracker.TrackerBase", updateMethod: "tick",
        timeout: .seconds(timeoutSeconds)),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { connected.set($0) }
    let running = Task { await cluster.run() }
    do {
      try await body(RunningCluster(cluster: cluster) { connected.isSet })
    } catch {
      running.cancel()
      throw error
    }
    running.cancel()
    await running.value
  }

  func waitFor(_ models: [String]) async throws {
    try await waitUntil("models \(models)") { await cluster.models().map(\.id) == models }
  }

  /// Asks models for a prediction; one answer each, by id.
  func ask(
    _ models: [String], method: String = "predict", deadline: Duration = .seconds(30)
  ) async -> [String: ModelAnswer.Outcome] {
    let call = PredictCall(
      method: method, arguments: [.string("BTC"), .int(60), .int(15)], deadline: deadline, modelIDs: models)
    var answers: [String: ModelAnswer.Outcome] = [:]
    for await answer in await cluster.predict(call) { answers[answer.modelID] = answer.outcome }
    return answers
  }

  /// Shows closing prices of BTC to all models.
  func tick(_ closes: [Double]) async {
    let candles = closes.enumerated().map { index, close -> JSON in
      ["ts": JSON(60 * index), "open": JSON(finite: close), "close": JSON(finite: close)]
    }
    await cluster.tick(
      .json(["symbol": "BTC", "asof_ts": JSON(60 * closes.count), "candles_1m": .array(candles)]), subject: "BTC")
  }
}

private final class Flag: Sendable {
  private let value = Mutex(false)
  var isSet: Bool { value.withLock { $0 } }
  func set(_ isSet: Bool) { value.withLock { $0 = isSet } }
}

extension ModelAnswer.Outcome {
  var value: JSON? { if case .value(let value) = self { value } else { nil } }
  var failure: String? { if case .failed(let reason) = self { reason } else { nil } }
}
