import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Says in the metrics how long the next checkpoint has been due. It is made once all buckets of its period are sealed, which
/// what hangs anywhere before it delays.
struct CheckpointPunctuality: Service {
  let store: CheckpointStore
  let intervalSeconds: Int
  let logger: Logger

  func run() async throws {
    let meter = Meter(label: "coordinator_checkpoint_overdue_seconds")
    try await every(.seconds(5), logger: logger) {
      meter.set(try await store.secondsOverdue(intervalSeconds: intervalSeconds))
    }
  }
}
