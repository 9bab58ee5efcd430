import Bus
import Competition
import Logging
import Models
import ServiceKit
import ServiceLifecycle
import Store

/// Reads `feed.records` and keeps its parts going. When the process drains it stops reading, lets the calls under way
/// come to their end, and commits what they brought.
struct PredictWorker: Service {
  let bus: any Bus
  let store: Store
  let feeds: [FeedKey]
  let follower: FeedFollower
  let cluster: ModelCluster
  let caller: SlotCaller
  let committer: AnswerCommitter
  let lostSlots: LostSlots
  let rounds: RoundDesk
  /// One predict worker at a time follows the feed: its records keep their order, and models are asked by one.
  let duty: Duty
  let pauses: PauseWatch
  let consumerName: String
  let health: Health
  let activity: Activity
  let logger: Logger

  func run() async throws {
    let orchestrator = Task { await cluster.run() }
    defer { orchestrator.cancel() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await committer.run() }
      group.addTask {
        await caller.run()
        await committer.close()
      }
      group.addTask {
        try await withThrowingTaskGroup(of: Void.self) { inner in
          inner.addTask { try await duty.run() }
          inner.addTask { try await pauses.run() }
          inner.addTask { try await follow() }
          inner.addTask { try await lostSlots.run() }
          inner.addTask { try await rounds.run() }
          inner.addTask { try await every(.seconds(5), logger: logger) { try await follower.refreshConfigs() } }
          try await inner.endTogether()
        }
        caller.close()
      }
      try await group.endTogether()
    }
  }

  private static let catchUpPause: Duration = .seconds(5)

  private func follow() async throws {
    try await pauses.look()
    let consumer = try await persistently("join the stream", logger: logger) {
      try await bus.consumer(of: FeedRecordMessage.self, name: consumerName, settings: ConsumerSettings())
    }
    health.ready("feed.records")
    var leadsSince: Timestamp?
    var caughtUp = ContinuousClock.now
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      guard let since = duty.since, !pauses.isPaused(.feedRecords) else {
        activity.set(pauses.isPaused(.feedRecords) ? "paused" : "standby")
        await rest(.milliseconds(200))
        continue
      }
      if since != leadsSince {
        try await persistently("load the windows", logger: logger) { try await follower.load(feeds) }
        leadsSince = since
        activity.set("working")
      }
      // Entries that a dead worker left: their records are in the windows by now, so that they only need an end.
      let left = try await persistently("take over entries", logger: logger) {
        _ = try await consumer.unpark(limit: 100)
        return try await consumer.reclaim(count: 256)
      }
      activity.count(.reclaimed, left.deliveries.count, of: .feedRecords)
      activity.count(.lost, left.lost, of: .feedRecords)
      try await handle(left, consumer)
      let batch = try await persistently("read feed.records", logger: logger) {
        try await consumer.read(count: 256, wait: .milliseconds(500))
      }
      activity.count(.delivered, batch.deliveries.count, of: .feedRecords)
      try await handle(batch, consumer)
      // Here, so that it is done by who leads, and never beside newer records.
      guard ContinuousClock.now - caughtUp > Self.catchUpPause else { continue }
      try await persistently("catch up", logger: logger) { try await follower.catchUp() }
      caughtUp = .now
    }
    try await consumer.leave()
  }

  /// The feed worker also tells of candles that it makes of the feed: they are shown where they are the feed that is followed.
  private func isFollowed(_ record: FeedRecord) -> Bool {
    guard let feed = feeds.first else { return true }
    return record.key.kind == feed.kind && record.key.granularity == feed.granularity
  }

  private func handle(_ batch: Batch<FeedRecordMessage>, _ consumer: any BusConsumer<FeedRecordMessage>) async throws {
    try await reject(batch.rejected, of: consumer, in: store, worker: consumerName, logger: logger)
    guard !batch.deliveries.isEmpty else { return }
    try await follower.handle(batch.deliveries.map(\.message.record).filter(isFollowed))
    try await persistently("acknowledge feed records", logger: logger) {
      _ = try await consumer.acknowledge(batch.deliveries.map(\.id))
    }
    activity.handled(batch.deliveries.count)
  }
}
