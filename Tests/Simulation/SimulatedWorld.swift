import Bus
import Competition
import Store
import Synchronization

@testable import ScoreWorker

/// A Redis, a PostgreSQL, a feed, models that answer, and some score and checkpoint workers that are started again whenever they end.
final class SimulatedWorld: Sendable {
  private struct State {
    var processes: [SimulatedProcess] = []
    var isEnding = false
  }

  let scenario: Scenario
  let conditions: Conditions
  let store: MemoryStore
  let bus: MemoryBus
  let lease: Duration = .seconds(1)
  let workers: Int
  private let executor: SeededExecutor
  private let acknowledgements: AcknowledgementAudit
  private let state = Mutex(State())

  /// - Parameter streamLength: entries beyond which tasks wait for room.
  init(scenario: Scenario, conditions: Conditions, workers: Int, streamLength: Int, executor: SeededExecutor) {
    self.scenario = scenario
    self.conditions = conditions
    self.workers = workers
    self.executor = executor
    let clock = conditions.clock
    store = MemoryStore(flaw: conditions.flaw) { clock.now }
    bus = MemoryBus(limits: BusLimits(streamLength: streamLength)) { clock.now }
    acknowledgements = AcknowledgementAudit(store: store, bus: bus, conditions: conditions)
  }

  var processes: [SimulatedProcess] { state.withLock { $0.processes } }
  var running: [SimulatedProcess] { processes.filter(\.isRunning) }
  private var isEnding: Bool { state.withLock { $0.isEnding } }

  /// Lets everything happen, with faults or without, waits until the dust has settled, and drains the workers.
  func run(longestPauseOfChaos: Int?) async {
    store.upsert(scenario.models)
    await withTaskGroup(of: Void.self) { group in
      for slot in 0..<workers { group.addTask { await self.keepRunning("w\(slot)", self.scoreWorker) } }
      for slot in 0..<min(2, workers) { group.addTask { await self.keepRunning("c\(slot)", self.checkpointWorker) } }
      await withTaskGroup(of: Void.self) { happenings in
        happenings.addTask { await self.feed() }
        happenings.addTask { await self.ask() }
        if let longestPauseOfChaos {
          happenings.addTask { await Chaos(world: self, longestPause: longestPauseOfChaos).run(until: Scenario.end) }
        }
      }
      await conditions.clock.pause(for: Scenario.end - conditions.clock.uptime)
      conditions.stopFaults()
      for process in running { process.reconnect() }
      store.resumeAll()
      await Settling(world: self).run()
      state.withLock { $0.isEnding = true }
      for process in running { process.drain() }
    }
  }

  private func feed() async {
    for arrival in scenario.records {
      await conditions.clock.pause(for: arrival.at - conditions.clock.uptime)
      store.ingest([arrival.item])
    }
  }

  /// What a predict worker does: rows first, then the bus. Now and then it is killed in between.
  private func ask() async {
    for arrival in scenario.questions {
      await conditions.clock.pause(for: arrival.at - conditions.clock.uptime)
      let question = arrival.item
      store.add([question.input])
      store.record(question.predictions)
      if conditions.rates.delay > 0, conditions.dice.below(8) == 0 { continue }
      do {
        try bus.schedule([DelayedTask(question.task, at: question.task.resolvableAt)])
      } catch {
        conditions.violate("bus", "the bus in memory failed: \(error)")
      }
    }
  }

  private func scoreWorker(_ process: SimulatedProcess) -> @Sendable () async -> Void {
    let worker = SimulatedWorker(
      process: process, store: SimulatedStore(store: store, process: process),
      bus: SimulatedBus(bus: bus, process: process, acknowledgements: acknowledgements), skewSeconds: skewSeconds(),
      batchSize: conditions.dice.pick([100, 300, 1_000]))
    return { await worker.run() }
  }

  private func checkpointWorker(_ process: SimulatedProcess) -> @Sendable () async -> Void {
    let worker = SimulatedCheckpointWorker(
      process: process, store: SimulatedStore(store: store, process: process), skewSeconds: skewSeconds())
    return { await worker.run() }
  }

  private func skewSeconds() -> Int {
    conditions.rates.delay > 0 ? conditions.dice.pick([0, 0, 0, 3_600, -3_600]) : 0
  }

  /// One worker after the other in the same place.
  private func keepRunning(
    _ place: String, _ make: @Sendable (SimulatedProcess) -> @Sendable () async -> Void
  ) async {
    var starts = 0
    while !isEnding {
      starts += 1
      let process = SimulatedProcess(name: "\(place).\(starts)", conditions: conditions, lease: lease)
      let run = make(process)
      state.withLock { $0.processes.append(process) }
      let task = Task(executorPreference: executor) { await run() }
      process.started(task)
      await task.value
      guard !isEnding else { return }
      await conditions.clock.pause(for: conditions.dice.milliseconds(50...1_500))
    }
  }
}
