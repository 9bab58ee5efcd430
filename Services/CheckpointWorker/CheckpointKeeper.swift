import Callables
import Competition
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Makes a checkpoint whenever an interval's buckets are all sealed: contiguous periods, each once, whoever runs this
/// and however often. Two checkpoint workers make the same one, and the database keeps the first.
struct CheckpointKeeper: Service {
  let store: any CheckpointMaking
  let builder: CheckpointBuilder
  let emission: EmissionBuilder
  let intervalSeconds: Int
  let health: Health
  let logger: Logger

  func run() async throws {
    health.ready("snapshots")
    try await every(.seconds(1), logger: logger) {
      while let checkpoint = try await made() {
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

  /// The next checkpoint; nil when it is not time, or the competition's own function refuses to share it out. Nobody is paid
  /// by guess: it is tried again, and the reason is logged, until it works.
  private func made() async throws -> Checkpoint? {
    do { return try await next() } catch let failure as ExtensionFailure {
      Counter(label: "coordinator_emission_failures_total").increment()
      logger.error(
        "no checkpoint: the emission cannot be made",
        metadata: ["cause": "\(failure)", "remedy": "correct build_emission"])
      return nil
    }
  }

  private func next() async throws -> Checkpoint? {
    try await FailPoint.checkpointBeforeCommit.reach()
    return try await store.createNextCheckpoint(intervalSeconds: intervalSeconds) { material in
      try await builder.checkpoint(
        periodStart: material.periodStart, periodEnd: material.periodEnd, snapshots: material.snapshots,
        models: material.models, createdAt: material.now, emission: emission.emission)
    }
  }
}
