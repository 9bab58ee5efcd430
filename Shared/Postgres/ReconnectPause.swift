/// How long to leave a server alone that refused a connection or broke one: 50 ms, doubling to 1 s. A decision without a
/// clock of its own.
struct ReconnectPause: Sendable {
  static let first: Duration = .milliseconds(50)
  static let longest: Duration = .seconds(1)

  private var next: Duration = first
  private var end: ContinuousClock.Instant?

  mutating func failed(at now: ContinuousClock.Instant) {
    end = now + next
    next = min(next * 2, Self.longest)
  }

  mutating func succeeded() {
    end = nil
    next = Self.first
  }

  /// What is left of the pause; zero when there is none.
  func remaining(at now: ContinuousClock.Instant) -> Duration {
    guard let end, end > now else { return .zero }
    return now.duration(to: end)
  }
}
