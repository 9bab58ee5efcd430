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

  /// - Parameter rest: seconds that must have passed in any case, as things are now.
  mutating func isDue(at now: Timestamp, rest: Double = 0) -> Bool {
    if let last, now >= last, now.seconds(since: last) < max(current, rest) { return false }
    last = now
    return true
  }

  /// Begins to wait as if it had just been done.
  mutating func begin(at now: Timestamp) { last = now }

  /// Leaves at least this long until the next time.
  mutating func stretch(to seconds: Double) { current = max(self.seconds, seconds) }
}
