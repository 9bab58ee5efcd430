/// Room for requests that fills up with time: a burst is taken at once, and then as many a second as the rate says.
struct TokenBucket: Sendable, Hashable {
  /// Requests a second.
  let rate: Double
  /// The most that are taken at once.
  let burst: Double
  private var tokens: Double
  /// Seconds on a clock that never goes back.
  private var filledAt: Double

  init(rate: Double, burst: Double, at time: Double) {
    self.rate = rate
    self.burst = burst
    tokens = burst
    filledAt = time
  }

  /// Takes one.
  /// - Returns: nil when there was one, else the seconds until there will be.
  mutating func take(at time: Double) -> Double? {
    tokens = min(burst, tokens + max(0, time - filledAt) * rate)
    filledAt = max(filledAt, time)
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return (1 - tokens) / rate
  }

  /// Whether it is as good as a new one.
  func isFull(at time: Double) -> Bool { tokens + max(0, time - filledAt) * rate >= burst }
}
