import Competition
import Store

/// Where checkpoints are made durable, each once: PostgreSQL, or its twin in a simulation.
protocol CheckpointMaking: Sendable {
  /// See `CheckpointStore.createNext`.
  func createNextCheckpoint(
    intervalSeconds: Int, build: @Sendable (CheckpointStore.Material) async throws -> Checkpoint
  ) async throws -> Checkpoint?
}

extension Store: CheckpointMaking {
  func createNextCheckpoint(
    intervalSeconds: Int, build: @Sendable (CheckpointStore.Material) async throws -> Checkpoint
  ) async throws -> Checkpoint? {
    try await checkpoints.createNext(intervalSeconds: intervalSeconds, build: build)
  }
}
