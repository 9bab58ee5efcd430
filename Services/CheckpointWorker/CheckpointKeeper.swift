import Competition
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Makes a checkpoint whenever an interval's buckets are all sealed: contiguous periods, each once, whoever runs this
/// and however often. Two checkpoint workers make the same one, and the database keeps the first.
struct CheckpointKeeper: Service {
  let store: Store
  let builder: CheckpointBuilder
  let intervalSeconds: Int
  let health: Health
  let logger: Logger

  func run() async throws {
    health.ready("snapshots")
    try await every(.seconds(1), logger: logger) {
      while let checkpoint = try await next() {
        Counter(label: "coordinator_checkpoints_total").increment()
        logger.notice(
          "checkpoint made",
          metadata: [
            "id": "\(checkpoint.id)", "period_start": "\(checkpoint.periodStart)",
            "period_end": "\(checkpoint.periodEnd)", "models": "\(checkpoint.meta["model_count"]?.text ?? "0")",
          ])
      }
    }
  }

  private func next() async throws -> Checkpoint? {
    try await FailPoint.checkpointBeforeCommit.reach()
    return try await store.checkpoints.createNext(intervalSeconds: intervalSeconds) { [builder] material in
      builder.checkpoint(
        periodStart: material.periodStart, periodEnd: material.periodEnd, snapshots: material.snapshots,
        models: material.models, createdAt: material.now)
    }
  }
}
