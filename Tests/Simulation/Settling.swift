import Bus
import Competition

@testable import ScoreWorker

/// Waits after the last fault until nothing is left to do, and says what is stuck when that does not come.
struct Settling: Sendable {
  let world: SimulatedWorld

  /// No fault may cost more than this once it is over.
  static let longest: Duration = .seconds(60)
  private static let look: Duration = .milliseconds(250)

  func run() async {
    let clock = world.conditions.clock
    let began = clock.uptime
    // Time enough for a leader that was just elected to write what it found.
    var looks = 0
    while looks < 6 {
      await clock.pause(for: Self.look)
      do {
        let unsettled = try unsettled(since: clock.uptime - began)
        looks = unsettled.isEmpty ? looks + 1 : 0
        if clock.uptime - began > Self.longest {
          world.conditions.violate("I1", "still unsettled after \(Self.longest): \(unsettled.joined(separator: "; "))")
          return
        }
      } catch {
        world.conditions.violate("bus", "the bus in memory failed: \(error)")
        return
      }
    }
    world.conditions.note("settled")
  }

  private func unsettled(since: Duration) throws -> [String] {
    var unsettled: [String] = []
    let open = world.store.predictions.filter { $0.status == .pending }.map(\.id)
    if !open.isEmpty { unsettled.append("PENDING \(open)") }
    let status = try world.bus.status()
    if status.delayed > 0 { unsettled.append("\(status.delayed) tasks are delayed") }
    for stream in [BusStream.predictionsPending, .scoresReady] {
      guard let group = status.group(of: stream) else { continue }
      if group.pending + group.lag > 0 {
        unsettled.append("\(stream.rawValue): \(group.pending) pending, \(group.lag) unread")
      }
      check(group, stream, status.now, since)
    }
    if !world.store.unsealedBuckets().isEmpty { unsettled.append("buckets are not sealed") }
    if let mark = world.store.sealedUntil, mark < Scenario.endTime { unsettled.append("sealed up to \(mark) only") }
    // Those that follow, of quiet times, are made as time goes on.
    if let due = world.store.dueCheckpointEnd(intervalSeconds: Scenario.checkpointSeconds), due <= Scenario.endTime {
      unsettled.append("the checkpoint up to \(due) is not made")
    }
    let leader = world.store.holder(of: Leader.leaseName)
    // A leader that is frozen has yet to write what it found.
    if !world.running.contains(where: { $0.name == leader && !$0.isFrozen }) { unsettled.append("nobody leads") }
    return unsettled
  }

  /// Invariants that must hold while the dust settles.
  private func check(_ group: BusStatus.Group, _ stream: BusStream, _ now: Timestamp, _ since: Duration) {
    let bound = world.lease * 2 + .seconds(5)
    if let oldest = group.oldestPending, since > bound, now.seconds(since: oldest) > bound / .seconds(1) {
      world.conditions.violate("I4", "\(stream.rawValue) has an entry of \(oldest) in work at \(now)")
    }
    if group.pending + group.lag > 500 {
      world.conditions.violate("I7", "\(stream.rawValue) has \(group.pending) entries in work, \(group.lag) unread")
    }
  }
}
