import Bus

/// Faults from outside: to Redis, to PostgreSQL, to processes. One after the other until the faults stop.
struct Chaos: Sendable {
  let world: SimulatedWorld
  /// Pause between two faults, at most.
  let longestPause: Int

  private var conditions: Conditions { world.conditions }
  private var dice: Dice { world.conditions.dice }

  func run(until end: Duration) async {
    while true {
      let pause = dice.milliseconds(50...longestPause)
      guard conditions.clock.uptime + pause < end else { return }
      await conditions.clock.pause(for: pause)
      strike()
    }
  }

  private func strike() {
    switch dice.below(23) {
    case 0, 1: flush()
    case 2: destroyGroup()
    case 3: deleteEntries()
    case 4, 5, 6: repeatEntries()
    case 7: corrupt()
    case 8: pauseOrResume()
    case 9, 10: conditions.takeAway(.redis, for: dice.milliseconds(100...1_500))
    case 11, 12: conditions.takeAway(.postgres, for: dice.milliseconds(100...1_500))
    case 13, 14: someone { $0.kill("from outside") }
    case 15, 16: someone { $0.freeze("from outside") }
    case 17, 18:
      someone {
        conditions.count(\.drains)
        $0.drain()
      }
    case 19, 20: someone { $0.cutOff(for: dice.milliseconds(100...6_000)) }
    case 21: append("9", to: dice.pick([BusStream.predictionsPending, .scoresReady]))
    default: if dice.below(3) == 0 { for process in world.running { process.kill("with all others") } }
    }
  }

  private func someone(_ deed: (SimulatedProcess) -> Void) {
    let running = world.running.filter { !$0.isDraining }
    if !running.isEmpty { deed(dice.pick(running)) }
  }

  private func flush() {
    world.bus.flushAll()
    conditions.noteLoss()
    conditions.count(\.flushes)
    conditions.note("FLUSHALL")
  }

  private func destroyGroup() {
    let stream = dice.pick([BusStream.predictionsPending, .scoresReady])
    world.bus.destroyGroup(of: stream)
    conditions.noteLoss()
    conditions.count(\.lostGroups)
    conditions.note("XGROUP DESTROY \(stream.rawValue)")
  }

  private func deleteEntries() {
    let stream = dice.pick([BusStream.predictionsPending, .scoresReady])
    let chosen = entries(of: stream)
    world.bus.delete(chosen.map(\.id), from: stream)
    conditions.noteLoss()
    conditions.count(\.deletedEntries, by: chosen.count)
    conditions.note("XDEL \(chosen.map(\.id))")
  }

  /// The same entries once more, as after a producer that did not hear the answer to its first try.
  private func repeatEntries() {
    let stream = dice.pick([BusStream.predictionsPending, .scoresReady])
    let chosen = dice.shuffled(entries(of: stream))
    for entry in chosen { for _ in 0...dice.below(3) { world.bus.append(entry.fields, to: stream) } }
    conditions.count(\.duplicates, by: chosen.count)
    conditions.note("again \(chosen.map(\.id))")
  }

  private func corrupt() {
    world.bus.append([("v", "1"), ("kind", "score.task"), ("input_id", "I0")], to: .predictionsPending)
    conditions.note("a corrupt entry")
  }

  /// An entry that only a newer worker can read.
  private func append(_ version: String, to stream: BusStream) {
    world.bus.append([("v", version), ("kind", "score.task")], to: stream)
    conditions.count(\.parked)
    conditions.note("an entry of version \(version) in \(stream.rawValue)")
  }

  private func pauseOrResume() {
    conditions.count(\.pauses)
    conditions.note("pause or resume")
    if dice.below(2) == 0 {
      world.store.pause(dice.pick([BusStream.predictionsPending, .scoresReady]).rawValue)
    } else {
      world.store.resumeAll()
    }
  }

  private func entries(of stream: BusStream) -> [BusEntry] {
    do {
      return try world.bus.entries(of: stream, after: nil, limit: 8).filter { _ in dice.below(2) == 0 }
    } catch {
      conditions.violate("bus", "the bus in memory failed: \(error)")
      return []
    }
  }
}
