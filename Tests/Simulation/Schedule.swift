import Synchronization

/// One run of a world: everything that happens follows from the seed.
struct Schedule: Sendable {
  var seed: UInt64
  var flaw: Flaw?
  var isTraced = false

  struct Report: Sendable {
    var seed: UInt64
    var violations: [String]
    var counts: FaultCounts
    var predictions: Int
    var trace: [String]
  }

  func run() -> Report {
    let dice = Dice(seed: seed)
    let scenario = dice.below(Scenario.count)
    let rates = FaultRates.drawn(dice)
    let workers = 2 + dice.below(2)
    let chaos = dice.pick([300, 1_000, 3_000])
    let streamLength = dice.pick([8, 100_000])
    let conditions = Conditions(dice: dice, clock: VirtualClock(), rates: rates, flaw: flaw, isTraced: isTraced)
    let reference = References.shared.of(scenario)
    for violation in reference.violations { conditions.violate("reference", violation) }
    let world = Self.run(
      Scenario(number: scenario), conditions, workers: workers, chaos: chaos, streamLength: streamLength,
      reference: reference.standing)
    return Report(
      seed: seed, violations: conditions.violations, counts: conditions.counts,
      predictions: world.store.predictions.count, trace: conditions.trace)
  }

  /// What a scenario comes to with one worker and without a fault.
  fileprivate static func reference(_ number: Int) -> Reference {
    let conditions = Conditions(
      dice: Dice(seed: 1), clock: VirtualClock(), rates: .none, flaw: nil, isTraced: false)
    let world = run(Scenario(number: number), conditions, workers: 1, chaos: nil, streamLength: 100_000, reference: nil)
    return Reference(standing: Standing(world.store), violations: conditions.violations)
  }

  private static func run(
    _ scenario: Scenario, _ conditions: Conditions, workers: Int, chaos: Int?, streamLength: Int,
    reference: Standing?
  ) -> SimulatedWorld {
    let executor = SeededExecutor(dice: conditions.dice, clock: conditions.clock)
    let world = SimulatedWorld(
      scenario: scenario, conditions: conditions, workers: workers, streamLength: streamLength, executor: executor)
    let isDone = executor.run {
      await world.run(longestPauseOfChaos: chaos)
      return true
    }
    if isDone == nil {
      conditions.violate("I1", "everything waits for something that never comes")
    } else {
      Auditor(world: world, reference: reference).run()
    }
    return world
  }
}

/// A run without a fault.
private struct Reference: Sendable {
  var standing: Standing
  var violations: [String]
}

/// The runs without a fault that others are compared with, each made once.
private final class References: Sendable {
  static let shared = References()
  private let known = Mutex<[Int: Reference]>([:])

  func of(_ scenario: Int) -> Reference {
    if let reference = known.withLock({ $0[scenario] }) { return reference }
    let reference = Schedule.reference(scenario)
    known.withLock { $0[scenario] = reference }
    return reference
  }
}
