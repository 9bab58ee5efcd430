/// Decides how long to wait before a stream is opened again. One that ended as it should, after it had spoken and after
/// at least as long as the longest pause, is opened at once, and one that did so sooner after the first pause: a server
/// that ends each connection after a message would be asked without a break. After any other end ever more rarely.
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
  ///   - lasted: how long there was a connection.
  mutating func next(isRenewal: Bool, hasSpoken: Bool, lasted: Duration) -> Duration {
    if hasSpoken { pause = first }
    guard !isRenewal || !hasSpoken || lasted < longest else { return .zero }
    defer { pause = min(pause * 2, longest) }
    return pause
  }
}
