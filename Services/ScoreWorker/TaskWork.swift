import Bus
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store
import Synchronization

/// What becomes of a batch of tasks: scored and acknowledged, handed on, tried again, or given up.
struct TaskWork: Sendable {
  let store: any ScoringStore
  let scorer: TaskScorer
  let policy: WorkPolicy
  let lease: Duration
  let workerName: String
  let activity: Activity
  let logger: Logger
  private let reach = Reach()

  init(
    store: any ScoringStore, scorer: TaskScorer, policy: WorkPolicy, lease: Duration, workerName: String,
    activity: Activity, logger: Logger
  ) {
    self.store = store
    self.scorer = scorer
    self.policy = policy
    self.lease = lease
    self.workerName = workerName
    self.activity = activity
    self.logger = logger
  }

  private typealias Work = Delivery<ScoreTask>

  /// Handles a batch to its end and answers how many predictions it had. Outages are waited out; what is still unfinished
  /// when one of PostgreSQL has outlasted a lease is released, and its delivery does not count.
  /// - Throws: `CancellationError` when the task is cancelled; what is unfinished is released then.
  func handle(
    _ batch: Batch<ScoreTask>, of consumer: any BusConsumer<ScoreTask>, takenAt: Duration
  ) async throws -> Int {
    try await reject(batch.rejected, of: consumer, in: store, worker: workerName, logger: logger)
    guard !batch.deliveries.isEmpty else { return 0 }
    try await FailPoint.scoreAfterRead.reach()
    // Of the whole batch: what comes last is still ours when it comes.
    let held = HeldWork(batch.deliveries.map(\.id), lease: lease, takenAt: takenAt)
    return try await held.renewing(with: consumer, logger: logger) {
      var handled = 0
      do {
        for group in groups(batch.deliveries) { handled += try await work(group, consumer, held) }
      } catch is CancellationError {
        await release(held.unsettled, held, consumer)
        throw CancellationError()
      } catch let outage as OutageLasts {
        logger.warning("handing on what cannot be done here now", metadata: ["cause": "\(outage)"])
        reach.lose()
        await release(held.unsettled, held, consumer)
      }
      return handled
    }
  }

  /// Waits while this worker cannot reach PostgreSQL: what it read now it could only hold back from others.
  func waitUntilReachable() async throws {
    guard reach.isLost else { return }
    activity.set("cut off")
    try await persistently("reach PostgreSQL", logger: logger) { _ = try await store.now() }
    reach.regain()
  }

  /// Asks PostgreSQL and Redis for a sign of life.
  func reach(_ bus: any Bus) async throws {
    _ = try await store.now()
    _ = try await bus.workers()
  }

  /// Those that are handled together first, then each suspicious one by itself.
  private func groups(_ deliveries: [Work]) -> [[Work]] {
    let together = deliveries.filter { policy.intake(deliveries: $0.deliveries) == .together }
    let others = deliveries.filter { policy.intake(deliveries: $0.deliveries) != .together }
    return (together.isEmpty ? [] : [together]) + others.map { [$0] }
  }

  private func work(
    _ group: [Work], _ consumer: any BusConsumer<ScoreTask>, _ held: HeldWork
  ) async throws -> Int {
    if let only = group.first, group.count == 1, policy.intake(deliveries: only.deliveries) == .giveUp {
      try await giveUp(only, .worker, "every worker that had it ended or lost it", consumer, held)
      return 0
    }
    let ids = group.map(\.id)
    do {
      let found = try await scorer.handle(group.map(\.message), entries: Self.entries(group)) { held.holds(ids) }
      try await FailPoint.scoreBeforeAcknowledge.reach()
      try await acknowledge(group, consumer, held)
      activity.count(.deduplicated, group.count - found.tasks, of: .predictionsPending)
      return found.predictions
    } catch is LeaseLost {
      Counter(label: "coordinator_leases_lost_total").increment(by: group.count)
      logger.notice("work dropped: its lease has run out", metadata: ["entries": "\(group.count)"])
      // Those that no other has taken yet need not wait for it.
      await release(ids, held, consumer)
      return 0
    } catch let error where !(error is CancellationError || error is OutageLasts) {
      return try await failed(group, error, consumer, held)
    }
  }

  /// A failure that is not an outage is somebody's fault: alone, each shows whether it is its own.
  private func failed(
    _ group: [Work], _ error: any Error, _ consumer: any BusConsumer<ScoreTask>, _ held: HeldWork
  ) async throws -> Int {
    guard group.count == 1, let only = group.first else {
      logger.warning("batch refused, trying its tasks one by one", metadata: ["cause": "\(error)"])
      var handled = 0
      for delivery in group { handled += try await work([delivery], consumer, held) }
      return handled
    }
    switch policy.remedy(deliveries: only.deliveries, chance: Surrounding.current.chance) {
    case .retry(let pause):
      Counter(label: "coordinator_tasks_retried_total").increment()
      logger.warning(
        "task failed, trying again",
        metadata: ["input": "\(only.message.inputID)", "deliveries": "\(only.deliveries)", "cause": "\(error)"])
      held.settle([only.id])
      try await persistently("put a task back", logger: logger) { try await consumer.retry([only.id], after: pause) }
    case .giveUp: try await giveUp(only, .refused, "\(error)", consumer, held)
    }
    return 0
  }

  /// The task becomes a dead letter, and its predictions end with the reason.
  private func giveUp(
    _ delivery: Work, _ kind: FailureKind, _ cause: String, _ consumer: any BusConsumer<ScoreTask>, _ held: HeldWork
  ) async throws {
    let letter = NewDeadLetter(
      stream: BusStream.predictionsPending.rawValue, entryID: delivery.id.description, kind: kind.rawValue,
      cause: cause, fields: delivery.message.entry, deliveries: delivery.deliveries, worker: workerName)
    logger.error(
      "task given up",
      metadata: ["input": "\(delivery.message.inputID)", "cause": "\(cause)", "entry": "\(delivery.id)"])
    try await persistently("give a task up", logger: logger) {
      try await store.buryTask(letter, task: TaskKey(of: delivery.message))
    }
    activity.count(.quarantined, of: .predictionsPending)
    try await acknowledge([delivery], consumer, held)
  }

  private func acknowledge(
    _ group: [Work], _ consumer: any BusConsumer<ScoreTask>, _ held: HeldWork
  ) async throws {
    let ids = group.map(\.id)
    let ours = try await persistently("acknowledge tasks", logger: logger) { try await consumer.acknowledge(ids) }
    held.settle(ids)
    Counter(label: "coordinator_tasks_total").increment(by: ours.count)
    activity.handled(ours.count)
  }

  private func release(_ ids: [EntryID], _ held: HeldWork, _ consumer: any BusConsumer<ScoreTask>) async {
    guard !ids.isEmpty else { return }
    held.settle(ids)
    do {
      try await consumer.release(ids)
      Counter(label: "coordinator_tasks_released_total").increment(by: ids.count)
    } catch {
      logger.warning("work not handed on; its lease will run out", metadata: ["cause": "\(error)"])
    }
  }

  private static func entries(_ group: [Work]) -> [TaskKey: ScoreRun.Entry] {
    Dictionary(
      group.map { (TaskKey(of: $0.message), ScoreRun.Entry(id: $0.id.description, deliveries: $0.deliveries)) },
      uniquingKeysWith: { first, _ in first })
  }
}

/// Whether PostgreSQL can be reached from here, as the worker's lanes found.
private final class Reach: Sendable {
  private let lost = Mutex(false)

  var isLost: Bool { lost.withLock { $0 } }
  func lose() { lost.withLock { $0 = true } }
  func regain() { lost.withLock { $0 = false } }
}
