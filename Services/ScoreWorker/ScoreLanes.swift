import Bus
import Competition
import Logging
import ServiceKit
import ServiceLifecycle

/// Reads due tasks and scores them, `SCORE_CONCURRENCY` batches at once: while one waits for its commit the next is
/// loaded. When the process drains, lanes finish what they have, or hand it on when that takes too long or can't be done
/// from here, and the consumer leaves.
struct ScoreLanes: Service {
  let bus: any Bus
  let work: TaskWork
  let pauses: PauseWatch
  let lanes: Int
  /// Predictions per batch.
  let batchSize: Int
  let lease: Duration
  /// How long lanes may finish what they have when the process drains.
  let drain: Duration
  let consumerName: String
  let health: Health
  let activity: Activity
  var backlog = Backlog()
  let logger: Logger

  func run() async throws {
    try await pauses.look()
    let consumer = try await persistently("join the stream", logger: logger) {
      try await bus.consumer(of: ScoreTask.self, name: consumerName, settings: ConsumerSettings(lease: lease))
    }
    health.ready("predictions.pending")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await work(on: consumer) }
      group.addTask { try await endOfPatience() }
      group.addTask { try await endOfReach() }
      try await group.next()
      group.cancelAll()
      do { try await group.waitForAll() } catch is CancellationError {}
    }
    do { try await consumer.leave() } catch {
      logger.warning("did not leave the stream; the leader cleans up", metadata: ["cause": "\(error)"])
    }
  }

  private func work(on consumer: any BusConsumer<ScoreTask>) async throws {
    let pace = BatchPace(predictions: batchSize)
    let turns = Turns()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<lanes {
        group.addTask { try await read(consumer, pace, turns) }
      }
      group.addTask { try await takeOver(consumer) }
      group.addTask { try await pauses.run() }
      try await group.endTogether()
    }
  }

  /// Ends when the process has been draining for too long.
  private func endOfPatience() async throws {
    guard await isDraining() else { return }
    activity.set("draining")
    try await Surrounding.current.sleep(for: drain)
    logger.warning("handing on unfinished work", metadata: ["after": "\(drain)"])
  }

  /// Ends when the process drains and PostgreSQL or Redis has been away for a second: nothing can be finished from here.
  private func endOfReach() async throws {
    guard await isDraining() else { return }
    var failures = 0
    while failures < 4 {
      do {
        try await work.reach(bus)
        failures = 0
      } catch let error as any OutageError where error.isOutage {
        failures += 1
        if failures == 4 { logger.warning("handing on what cannot be finished here", metadata: ["cause": "\(error)"]) }
      }
      try await Surrounding.current.sleep(for: .milliseconds(250))
    }
  }

  /// Waits until the process drains; false when the task is cancelled before.
  private func isDraining() async -> Bool {
    while !Task.isShuttingDownGracefully {
      guard !Task.isCancelled else { return false }
      await rest(.seconds(3_600))
    }
    return true
  }

  /// - Parameter turns: lanes read in turn, since they share the consumer's connection: what a lane takes is not older than
  ///   its own look.
  private func read(_ consumer: any BusConsumer<ScoreTask>, _ pace: BatchPace, _ turns: Turns) async throws {
    while !Task.isShuttingDownGracefully {
      try Task.checkCancellation()
      guard !pauses.isPaused(.predictionsPending) else {
        activity.set("paused")
        await rest(.milliseconds(500))
        continue
      }
      try await work.waitUntilReachable()
      activity.set("working")
      await turns.begin()
      // Who drains meanwhile takes nothing more.
      guard !Task.isShuttingDownGracefully, !Task.isCancelled else {
        turns.end()
        continue
      }
      let count = await pace.tasks
      let asked = Surrounding.current.uptime
      let batch: Batch<ScoreTask>
      do {
        defer { turns.end() }
        batch = try await persistently("read predictions.pending", logger: logger) {
          try await consumer.read(count: count, wait: .milliseconds(500))
        }
      }
      activity.count(.delivered, batch.deliveries.count, of: .predictionsPending)
      backlog.noteRead(isFull: batch.deliveries.count >= count)
      let handled = try await work.handle(batch, of: consumer, takenAt: asked)
      await pace.record(tasks: batch.deliveries.count, predictions: handled)
    }
  }

  /// Takes over the entries of workers that died and those that are to be tried again, a few at a time.
  private func takeOver(_ consumer: any BusConsumer<ScoreTask>) async throws {
    var isFull = false
    var unparkPace = Pace(seconds: 5)
    while !Task.isShuttingDownGracefully {
      try Task.checkCancellation()
      // Not all workers at the same moment.
      if !isFull { await rest(.milliseconds(500 + 500 * Surrounding.current.chance)) }
      guard !pauses.isPaused(.predictionsPending) else {
        isFull = false
        continue
      }
      try await work.waitUntilReachable()
      let asked = Surrounding.current.uptime
      let batch = try await persistently("take over entries", logger: logger) {
        if unparkPace.isDue(at: Timestamp.now()) { _ = try await consumer.unpark(limit: 100) }
        return try await consumer.reclaim(count: 32)
      }
      isFull = batch.isFull
      activity.count(.reclaimed, batch.deliveries.count, of: .predictionsPending)
      activity.count(.lost, batch.lost, of: .predictionsPending)
      _ = try await work.handle(batch, of: consumer, takenAt: asked)
    }
  }
}
