import Synchronization

/// Says on standard error how far a verification is, once a second at most.
final class VerificationProgress: Sendable {
  private let said = Mutex(ContinuousClock.now)

  func say(_ text: @autoclosure () -> String) {
    let isTime = said.withLock { last in
      let now = ContinuousClock.now
      guard last.duration(to: now) >= .seconds(1) else { return false }
      last = now
      return true
    }
    if isTime { Terminal.complain("… " + text()) }
  }
}
