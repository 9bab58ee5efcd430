import Synchronization

/// What holds for a whole world at the moment: its dice, its clock, and which faults may happen. What happens is noted
/// here.
final class Conditions: Sendable {
  private struct State {
    var rates: FaultRates
    var counts = FaultCounts()
    var losses = 0
    var redisIsAwayUntil: Duration = .zero
    var postgresIsAwayUntil: Duration = .zero
    var violations: [String] = []
    var trace: [String] = []
  }

  let dice: Dice
  let clock: VirtualClock
  let flaw: Flaw?
  private let isTraced: Bool
  private let state: Mutex<State>

  init(dice: Dice, clock: VirtualClock, rates: FaultRates, flaw: Flaw?, isTraced: Bool) {
    self.dice = dice
    self.clock = clock
    self.flaw = flaw
    self.isTraced = isTraced
    state = Mutex(State(rates: rates))
  }

  var rates: FaultRates { state.withLock { $0.rates } }
  var counts: FaultCounts { state.withLock { $0.counts } }
  /// How often entries or groups were taken from the bus by force: what is missing there since is nobody's fault.
  var losses: Int { state.withLock { $0.losses } }
  var violations: [String] { state.withLock { $0.violations } }
  var trace: [String] { state.withLock { $0.trace } }

  func count(_ field: any WritableKeyPath<FaultCounts, Int> & Sendable, by amount: Int = 1) {
    state.withLock { $0.counts[keyPath: field] += amount }
  }

  func noteLoss() { state.withLock { $0.losses += 1 } }

  func stopFaults() {
    state.withLock { state in
      state.rates = .none
      state.redisIsAwayUntil = .zero
      state.postgresIsAwayUntil = .zero
    }
    note("faults stop")
  }

  func takeAway(_ side: Side, for duration: Duration) {
    let until = clock.uptime + duration
    state.withLock { state in
      switch side {
      case .redis: state.redisIsAwayUntil = until
      case .postgres: state.postgresIsAwayUntil = until
      }
    }
  }

  func isAway(_ side: Side) -> Bool {
    let now = clock.uptime
    return state.withLock { now < (side == .redis ? $0.redisIsAwayUntil : $0.postgresIsAwayUntil) }
  }

  enum Side: Sendable { case redis, postgres }

  /// An invariant that did not hold.
  func violate(_ invariant: String, _ what: String) {
    let time = clock.uptime
    state.withLock { state in
      if state.violations.count < 20 { state.violations.append("\(invariant) at \(time): \(what)") }
    }
    note("VIOLATED \(invariant): \(what)")
  }

  func note(_ what: @autoclosure () -> String) {
    guard isTraced else { return }
    let line = "\(clock.uptime) \(what())"
    state.withLock { $0.trace.append(line) }
  }
}
