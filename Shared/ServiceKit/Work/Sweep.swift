import Bus
import Competition
import Logging
import Store

/// Publishes again whatever PostgreSQL says is undone and Redis does not know: after FLUSHALL, after a failover, or when
/// a worker died between a commit and its publish.
public struct Sweep: Sendable {
  let store: any ScoringStore
  let bus: any Bus
  /// Where what was published again is counted.
  let activity: Activity?
  let logger: Logger

  public init(store: any ScoringStore, bus: any Bus, activity: Activity? = nil, logger: Logger) {
    self.store = store
    self.bus = bus
    self.activity = activity
    self.logger = logger
  }

  /// Tasks looked at in one page.
  static let page = 5_000
  /// Predictions that become due within this time are looked at already, so that none is late.
  static let aheadSeconds = 10

  /// Answers how many tasks were published again.
  @discardableResult
  public func run() async throws -> Int {
    let lowWater = try await store.lowWater()
    let now = try await store.now()
    var after = lowWater
    var undone: Timestamp?
    var published = 0
    while true {
      let tasks = try await store.unscoredTasks(
        resolvableThrough: now.adding(seconds: Self.aheadSeconds), after: after, limit: Self.page)
      undone = undone ?? tasks.first?.resolvableAt
      // With so much unfinished that it is not looked through, that comes first.
      guard let missing = try await bus.missing(tasks.map(ScoreTask.init)) else { break }
      if !missing.isEmpty {
        try await bus.schedule(missing.map { DelayedTask($0, at: $0.resolvableAt) })
        published += missing.count
        activity?.count(.republished, missing.count, of: .predictionsPending)
        logger.notice("work published again", metadata: ["tasks": "\(missing.count)"])
      }
      guard tasks.count >= Self.page, let last = tasks.last else { break }
      after = last.resolvableAt
    }
    // Below the oldest undone prediction nothing is left; rows inserted there later lower the mark again.
    try await store.raiseLowWater(from: lowWater, to: undone?.adding(seconds: -0.000_001) ?? now)
    return published
  }
}

extension ScoreTask {
  /// What is published for predictions that wait for their score.
  public init(_ task: PredictionStore.UnscoredTask) {
    self.init(
      inputID: task.key.inputID, scopeKey: task.key.scopeKey, configID: task.configID, subject: task.subject,
      performedAt: task.performedAt, resolvableAt: task.resolvableAt)
  }
}
