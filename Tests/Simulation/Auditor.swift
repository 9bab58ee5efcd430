import Bus
import Competition

/// Checks the invariants of a world at its end.
struct Auditor: Sendable {
  let world: SimulatedWorld
  /// What a run with one worker and no fault has come to; nil: this is that run.
  let reference: Standing?

  private var conditions: Conditions { world.conditions }

  func run() {
    conservation()
    snapshots()
    CheckpointAudit(world: world).run()
    if let reference { compare(reference) }
    do { try bus() } catch { conditions.violate("bus", "the bus in memory failed: \(error)") }
  }

  /// I1 and I2.
  private func conservation() {
    let asked = Set(world.scenario.questions.flatMap { $0.item.predictions.map(\.id) })
    let predictions = world.store.predictions
    let scores = world.store.scores
    if Set(predictions.map(\.id)) != asked { conditions.violate("I1", "predictions are missing") }
    for prediction in predictions {
      let score = scores[prediction.id]
      switch prediction.status {
      case .scored where score != nil: break
      case .failed where score == nil && prediction.failedReason != nil: break
      default:
        conditions.violate(
          "I1", "\(prediction.id) is \(prediction.status.rawValue), \(score == nil ? "without" : "with") a score")
      }
    }
    for what in world.store.overwritten { conditions.violate("I2", "\(what) was written twice") }
  }

  /// I6: each good score is in exactly one snapshot.
  private func snapshots() {
    let stored = world.store.storedSnapshots
    if stored.contains(where: \.isProvisional) { conditions.violate("I6", "provisional snapshots are left") }
    let scores = world.store.scores.values.filter(\.score.success)
    let counted = stored.reduce(0) { $0 + $1.snapshot.predictionCount }
    if counted != scores.count {
      conditions.violate("I6", "snapshots count \(counted) scores, and there are \(scores.count)")
    }
  }

  /// I5.
  private func compare(_ reference: Standing) {
    let standing = Standing(world.store)
    guard standing != reference else { return }
    conditions.violate("I5", "differs from the run without a fault:\n    " + standing.difference(from: reference))
  }

  /// What is left in Redis after all have drained: I7, I8, and nothing waits for a lease.
  private func bus() throws {
    let status = try world.bus.status()
    let now = conditions.clock.uptime
    for stream in [BusStream.predictionsPending, .scoresReady] {
      if let group = status.group(of: stream), group.pending > 0 {
        conditions.violate("hand-off", "\(group.pending) entries of \(stream.rawValue) wait for a lease after a drain")
      }
      for consumer in try world.bus.consumers(of: stream) {
        guard let process = world.processes.first(where: { $0.name == consumer.name }) else { continue }
        // Registered for 15 s, looked for every 5 s.
        if let ended = process.endedAt, now - ended > .seconds(25) {
          conditions.violate("I8", "\(consumer.name) has been dead since \(ended) and is still a member")
        }
      }
    }
    if status.streams.contains(where: { $0.length > 1_000 }) { conditions.violate("I7", "a stream only grows") }
  }
}
