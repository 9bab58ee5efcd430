import Competition

/// What must be true of the checkpoints of a world at its end (I6).
struct CheckpointAudit: Sendable {
  let world: SimulatedWorld

  private func violate(_ what: String) { world.conditions.violate("I6", what) }

  func run() {
    let made = world.store.checkpoints
    guard let first = made.first, let last = made.last else {
      violate("no checkpoint was made")
      return
    }
    if first.periodStart != world.store.firstPeriod { violate("the first checkpoint begins at \(first.periodStart)") }
    for (before, after) in zip(made, made.dropFirst()) where before.periodEnd != after.periodStart {
      violate("after \(before.id) follows \(after.id), which begins at \(after.periodStart)")
    }
    for checkpoint in made { judge(checkpoint) }
    claims(through: last.periodEnd)
  }

  private func judge(_ checkpoint: Checkpoint) {
    if checkpoint.periodEnd != checkpoint.periodStart.adding(seconds: Scenario.checkpointSeconds) {
      violate("\(checkpoint.id) is not of one interval")
    }
    let shares = checkpoint.entries.first?["cruncher_rewards"]?.array?.compactMap { $0["reward_pct"]?.int } ?? []
    let isRanked = checkpoint.meta["model_count"]?.int ?? 0 > 0
    if isRanked, shares.reduce(0, +) != 1_000_000_000 || shares.contains(where: { $0 < 0 }) {
      violate("the emission of \(checkpoint.id) is \(shares)")
    }
  }

  /// Each sealed snapshot of the periods is in exactly one checkpoint, and nothing else is.
  private func claims(through end: Timestamp) {
    let claims = world.store.claims
    let claimed = claims.map(\.snapshotID)
    if Set(claimed).count != claimed.count { violate("a snapshot is in two checkpoints") }
    let sealed = world.store.storedSnapshots.filter { !$0.isProvisional && $0.snapshot.periodEnd <= end }
    let missing = Set(sealed.map(\.snapshot.id)).subtracting(claimed)
    if !missing.isEmpty { violate("in no checkpoint: \(missing.sorted())") }
    let counted = world.store.checkpoints.reduce(0) { $0 + ($1.meta["snapshot_count"]?.int ?? 0) }
    if Int(counted) != claims.count { violate("checkpoints count \(counted) snapshots and claim \(claims.count)") }
  }
}
