/// Counts what a model does wrong and says what follows, as the reference client does: consecutive failures and timeouts up
/// to a limit, calls left out after timeouts, and a health check now and then. Pure.
struct CallPolicy: Sendable, Hashable {
  enum Consequence: Sendable, Hashable {
    case none
    case checkHealth
    /// The limit is passed: report the model and let go of it.
    case report(FailureCode)
  }

  /// A model is reported on the first consecutive failure above this; 0: never.
  let limit: Int
  private(set) var failures = 0
  private(set) var timeouts = 0
  private var cooldown = 0

  init(limit: Int = 100) { self.limit = limit }

  /// Whether the call may be made now. After timeouts a model is left alone for some calls.
  mutating func mayCall() -> Bool {
    if cooldown > 0 {
      cooldown -= 1
      return false
    }
    if cooldown == 0 {
      cooldown = -1
      return true
    }
    guard timeouts > 0 else { return true }
    cooldown = (timeouts + 1) / 2 - 1
    return false
  }

  mutating func succeeded() { (failures, timeouts) = (0, 0) }

  mutating func failed() -> Consequence {
    failures += 1
    return limit > 0 && failures > limit ? .report(.multipleFailed) : .none
  }

  mutating func timedOut() -> Consequence {
    let before = timeouts
    timeouts += 1
    if limit > 0, timeouts > limit { return .report(.multipleTimeout) }
    let threshold = max(1, limit / 5)
    return before > 0 && before % threshold == 0 ? .checkHealth : .none
  }
}
