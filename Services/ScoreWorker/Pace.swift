import Competition

/// Says when something that is done every so often is due again.
struct Pace: Sendable {
  private let seconds: Double
  private var current: Double
  private var last: Timestamp?

  init(seconds: Double) {
    self.seconds = seconds
    current = seconds
  }

  mutating func isDue(at now: Timestamp) -> Bool {
    if let last, now >= last, now.seconds(since: last) < current { return false }
    last = now
    return true
  }

  /// Leaves at least this long until the next time.
  mutating func stretch(to seconds: Double) { current = max(self.seconds, seconds) }
}
