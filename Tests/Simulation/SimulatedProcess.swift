import ServiceLifecycleTestKit
import Synchronization

/// The process of a worker as faults see it: it can be killed, frozen, or asked to drain at any of its calls.
final class SimulatedProcess: Sendable {
  private struct State {
    var isDead = false
    var isDraining = false
    var frozenUntil: Duration = .zero
    /// Of PostgreSQL, while others reach it.
    var cutOffUntil: Duration = .zero
    var endedAt: Duration?
    var task: Task<Void, Never>?
    var drain: GracefulShutdownTestTrigger?
  }

  /// Unique per start.
  let name: String
  let conditions: Conditions
  let lease: Duration
  private let state = Mutex(State())

  init(name: String, conditions: Conditions, lease: Duration) {
    self.name = name
    self.conditions = conditions
    self.lease = lease
  }

  var isDead: Bool { state.withLock { $0.isDead } }
  var isRunning: Bool { state.withLock { !$0.isDead && $0.endedAt == nil } }
  var isDraining: Bool { state.withLock { $0.isDraining } }
  var endedAt: Duration? { state.withLock { $0.endedAt } }

  func started(_ task: Task<Void, Never>) {
    let isDead = state.withLock { state in
      state.task = task
      return state.isDead
    }
    if isDead { task.cancel() }
  }

  func canDrain(by trigger: GracefulShutdownTestTrigger) {
    let isDraining = state.withLock { state in
      state.drain = trigger
      return state.isDraining
    }
    if isDraining { trigger.triggerGracefulShutdown() }
  }

  func ended() {
    let now = conditions.clock.uptime
    state.withLock { $0.endedAt = $0.endedAt ?? now }
  }

  // MARK: What happens to it

  /// As `kill -9`: from now on nothing that it calls has an effect.
  func kill(_ reason: String) {
    guard isRunning else { return }
    let now = conditions.clock.uptime
    let task = state.withLock { state in
      state.isDead = true
      state.endedAt = state.endedAt ?? now
      return state.task
    }
    conditions.count(\.kills)
    conditions.note("\(name) is killed, \(reason)")
    task?.cancel()
  }

  /// As SIGSTOP, for three leases.
  func freeze(_ reason: String) {
    guard isRunning else { return }
    let until = conditions.clock.uptime + lease * 3
    state.withLock { $0.frozenUntil = until }
    conditions.count(\.freezes)
    conditions.note("\(name) is frozen, \(reason)")
  }

  /// From now on it reaches Redis only.
  func cutOff(for duration: Duration) {
    let until = conditions.clock.uptime + duration
    state.withLock { $0.cutOffUntil = until }
    conditions.count(\.cutOffs)
    conditions.note("\(name) is cut off from PostgreSQL for \(duration)")
  }

  private var isCutOff: Bool {
    let now = conditions.clock.uptime
    return state.withLock { $0.cutOffUntil > now }
  }

  func reconnect() { state.withLock { $0.cutOffUntil = .zero } }

  var isFrozen: Bool {
    let now = conditions.clock.uptime
    return state.withLock { $0.frozenUntil > now }
  }

  /// As SIGTERM.
  func drain() {
    guard isRunning else { return }
    let trigger = state.withLock { state in
      state.isDraining = true
      return state.drain
    }
    conditions.note("\(name) drains")
    trigger?.triggerGracefulShutdown()
  }

  // MARK: What it meets

  /// Waits while the process is frozen.
  func thaw() async {
    while true {
      let left = state.withLock { $0.isDead ? .zero : $0.frozenUntil } - conditions.clock.uptime
      guard left > .zero else { return }
      await conditions.clock.pause(for: left)
    }
  }

  enum Moment: String, Sendable { case before, after }
  enum Passage: Sendable { case clear, outage, dead }

  /// Comes by an await point of the process, before or after the effect of a call.
  func pass(_ moment: Moment, _ call: String, _ side: Conditions.Side) async -> Passage {
    await thaw()
    guard !isDead else { return .dead }
    if conditions.isAway(side) || (side == .postgres && isCutOff) { return lose(moment, call) }
    let rates = conditions.rates
    guard rates.delay + rates.crash + rates.freeze + rates.outage > 0 else { return .clear }
    let weight = FaultRates.weight(of: call)
    let dice = conditions.dice
    var roll = dice.chance() / weight
    if roll < rates.crash {
      kill("\(moment) \(call)")
      return .dead
    }
    roll -= rates.crash
    if roll < rates.freeze {
      freeze("\(moment) \(call)")
      await thaw()
      return isDead ? .dead : .clear
    }
    roll -= rates.freeze
    if roll < rates.outage { return lose(moment, call) }
    if dice.chance() < rates.delay * min(1, weight) {
      await conditions.clock.pause(for: dice.milliseconds(0...20))
      await thaw()
    }
    return isDead ? .dead : .clear
  }

  private func lose(_ moment: Moment, _ call: String) -> Passage {
    conditions.count(moment == .after ? \.lostAnswers : \.outages)
    conditions.note("\(name) loses its connection \(moment) \(call)")
    return .outage
  }
}

/// A call of a process that was killed.
struct ProcessIsDead: Error {}
