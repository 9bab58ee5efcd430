import Bus
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Reads due tasks and scores them, `SCORE_CONCURRENCY` batches at once: while one waits for its commit the next is
/// loaded. When the process drains, lanes finish what they have and the consumer leaves.
struct ScoreLanes: Service {
  let bus: any Bus
  let store: Store
  let scorer: TaskScorer
  let lanes: Int
  /// Predictions per batch.
  let batchSize: Int
  let lease: Duration
  let consumerName: String
  let health: Health
  let logger: Logger

  func run() async throws {
    let consumer = try await persistently("join the stream", logger: logger) {
      try await bus.consumer(
        of: ScoreTask.self, name: consumerName, settings: ConsumerSettings(lease: lease))
    }
    health.ready("predictions.pending")
    let pace = BatchPace(predictions: batchSize)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<lanes {
        group.addTask { try await work(consumer, pace) }
      }
      group.addTask { try await takeOver(consumer) }
      try await group.waitForAll()
    }
    try await consumer.leave()
  }

  private func work(_ consumer: any BusConsumer<ScoreTask>, _ pace: BatchPace) async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let count = await pace.tasks
      let batch = try await persistently("read predictions.pending", logger: logger) {
        try await consumer.read(count: count, wait: .milliseconds(500))
      }
      try await handle(batch, consumer, pace)
    }
  }

  /// Takes over the entries of workers that died, a few at a time.
  private func takeOver(_ consumer: any BusConsumer<ScoreTask>) async throws {
    try await every(.seconds(1), logger: logger) {
      let batch = try await persistently("take over entries", logger: logger) {
        try await consumer.reclaim(count: 32)
      }
      try await handle(batch, consumer, nil)
    }
  }

  private func handle(
    _ batch: Batch<ScoreTask>, _ consumer: any BusConsumer<ScoreTask>, _ pace: BatchPace?
  ) async throws {
    for entry in batch.rejected {
      try await store.park(entry, of: .predictionsPending, worker: consumerName, logger: logger)
    }
    guard !batch.deliveries.isEmpty else { return }
    let ids = batch.deliveries.map(\.id)
    let handled = try await renewing(ids, of: consumer) { try await scorer.handle(batch.deliveries.map(\.message)) }
    await pace?.record(tasks: ids.count, predictions: handled)
    Counter(label: "coordinator_tasks_total").increment(by: ids.count)
    try await persistently("acknowledge tasks", logger: logger) { try await consumer.acknowledge(ids) }
  }

  /// Keeps the lease of the entries while `work` goes on. A lease that is lost anyway does no harm: the commits are
  /// guarded in PostgreSQL.
  private func renewing<Result: Sendable>(
    _ ids: [EntryID], of consumer: any BusConsumer<ScoreTask>, _ work: @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          try await Task.sleep(for: lease / 3)
          do { _ = try await consumer.renew(ids) } catch {
            logger.warning("lease not renewed", metadata: ["cause": "\(error)"])
          }
        }
      }
      defer { group.cancelAll() }
      return try await work()
    }
  }
}
