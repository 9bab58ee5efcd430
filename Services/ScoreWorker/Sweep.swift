import Bus
import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// Publishes again whatever PostgreSQL says is undone and Redis does not know: after FLUSHALL, after a failover, or when
/// a worker died between a commit and its publish.
struct Sweep: Sendable {
  let store: Store
  let bus: any Bus
  let logger: Logger

  /// Tasks looked at in one pass.
  static let limit = 5_000
  /// Predictions that become due within this time are looked at already, so that none is late.
  static let aheadSeconds = 10

  func run() async throws {
    let lowWater = try await store.sweep.lowWater()
    let now = try await store.now()
    var after = lowWater
    var undone: Timestamp?
    while true {
      let tasks = try await store.predictions.unscored(
        resolvableThrough: now.adding(seconds: Self.aheadSeconds), after: after, limit: Self.limit)
      undone = undone ?? tasks.first?.resolvableAt
      let missing = try await bus.missing(tasks.map(ScoreTask.init))
      if !missing.isEmpty {
        try await bus.schedule(missing.map { DelayedTask($0, at: $0.resolvableAt) })
        Counter(label: "coordinator_tasks_republished_total").increment(by: missing.count)
        logger.notice("work published again", metadata: ["tasks": "\(missing.count)"])
      }
      guard tasks.count >= Self.limit, let last = tasks.last else { break }
      after = last.resolvableAt
    }
    // Below the oldest undone prediction nothing is left; rows inserted there later lower the mark again.
    try await store.sweep.raise(from: lowWater, to: undone?.adding(seconds: -0.000_001) ?? now)
  }
}

extension ScoreTask {
  init(_ task: PredictionStore.UnscoredTask) {
    self.init(
      inputID: task.key.inputID, scopeKey: task.key.scopeKey, configID: task.configID, subject: task.subject,
      performedAt: task.performedAt, resolvableAt: task.resolvableAt)
  }
}
