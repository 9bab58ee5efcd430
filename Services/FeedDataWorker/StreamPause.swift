/// Decides how long to wait before a stream is opened again. One that ended as it should, after it had spoken, is opened at
/// once; after any other end ever more rarely.
struct StreamPause: Sendable {
  let first: Duration
  let longest: Duration
  private var pause: Duration

  init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
    pause = first
  }

  /// - Parameters:
  ///   - isRenewal: whether the connection ended as it should.
  ///   - hasSpoken: whether it had told anything.
  mutating func next(isRenewal: Bool, hasSpoken: Bool) -> Duration {
    if hasSpoken { pause = first }
    guard !isRenewal || !hasSpoken else { return .zero }
    defer { pause = min(pause * 2, longest) }
    return pause
  }
}
