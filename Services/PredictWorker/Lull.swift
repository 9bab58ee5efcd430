/// Decides when a reader has waited long enough for what comes together: when nothing has come for a pause, and at the
/// latest after `longest`, so that a steady trickle holds nothing up.
struct Lull: Sendable {
  let pause: Duration
  let longest: Duration
  private var waited: Duration = .zero
  private var count: Int

  /// - Parameter count: how much is there when the wait begins.
  init(pause: Duration, longest: Duration, count: Int) {
    self.pause = pause
    self.longest = longest
    self.count = count
  }

  /// Asked after each pause, with how much is there by then.
  mutating func isOver(count: Int) -> Bool {
    waited += pause
    defer { self.count = count }
    return count == self.count || waited >= longest
  }
}
