import Competition

@testable import Store

/// A snapshot that a checkpoint counts.
struct SnapshotClaim: Sendable, Hashable {
  var snapshotID: String
  var checkpointID: String
}

extension MemoryStore {
  /// Like PostgreSQL's, which makes one after the other under a lock: who finds the period taken in the end had to wait,
  /// and has nothing to do.
  func createNextCheckpoint(
    intervalSeconds: Int, build: @Sendable (CheckpointStore.Material) async throws -> Checkpoint
  ) async throws -> Checkpoint? {
    guard let material = nextMaterial(intervalSeconds) else { return nil }
    let checkpoint = try await build(material)
    return state.withLock { state in
      let isTaken = state.nextPeriod(intervalSeconds)?.start != material.periodStart
      if isTaken, flaw != .claimsUnlocked { return nil }
      state.checkpoints.append(checkpoint)
      state.claims += material.snapshots.map { SnapshotClaim(snapshotID: $0.id, checkpointID: checkpoint.id) }
      return checkpoint
    }
  }

  private func nextMaterial(_ intervalSeconds: Int) -> CheckpointStore.Material? {
    let now = clock()
    return state.withLock { state in
      guard let period = state.nextPeriod(intervalSeconds) else { return nil }
      let claimed = Set(state.claims.map(\.snapshotID))
      let snapshots = state.snapshots.values
        .filter { !$0.isProvisional && $0.snapshot.periodEnd <= period.end && !claimed.contains($0.snapshot.id) }
        .map(\.snapshot).sorted(by: Self.precedes)
      return CheckpointStore.Material(
        periodStart: period.start, periodEnd: period.end, snapshots: snapshots,
        models: state.models.values.sorted { $0.id < $1.id }, now: now)
    }
  }

  /// In the order in which they were made.
  var checkpoints: [Checkpoint] { state.withLock { $0.checkpoints } }
  var claims: [SnapshotClaim] { state.withLock { $0.claims } }
  var sealedUntil: Timestamp? { state.withLock { $0.sealedUntil } }
  var firstPeriod: Timestamp? { state.withLock { $0.firstPeriod } }

  /// The end of the next checkpoint that could be made now.
  func dueCheckpointEnd(intervalSeconds: Int) -> Timestamp? { state.withLock { $0.nextPeriod(intervalSeconds)?.end } }
}

extension MemoryStore.State {
  /// The next period, when buckets are sealed up to its end.
  func nextPeriod(_ intervalSeconds: Int) -> (start: Timestamp, end: Timestamp)? {
    guard let start = checkpoints.map(\.periodEnd).max() ?? firstPeriod, let sealedUntil else { return nil }
    let end = start.adding(seconds: intervalSeconds)
    return sealedUntil >= end ? (start, end) : nil
  }
}
