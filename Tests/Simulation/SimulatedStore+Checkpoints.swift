import Competition
import Store

@testable import CheckpointWorker

extension SimulatedStore: CheckpointMaking {
  /// The process may die, lose its connection or be frozen before the transaction, in it, and before it hears the answer.
  func createNextCheckpoint(
    intervalSeconds: Int, build: @Sendable (CheckpointStore.Material) async throws -> Checkpoint
  ) async throws -> Checkpoint? {
    try check(await process.pass(.before, "createNextCheckpoint", .postgres))
    let made = try await store.createNextCheckpoint(intervalSeconds: intervalSeconds) { material in
      let built = try await build(material)
      try check(await process.pass(.before, "commitCheckpoint", .postgres))
      return built
    }
    if let made { process.conditions.note("\(process.name) makes \(made.id)") }
    try check(await process.pass(.after, "createNextCheckpoint", .postgres))
    return made
  }
}
