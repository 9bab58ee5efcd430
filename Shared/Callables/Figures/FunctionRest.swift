/// Lets a function that fails slowly, because it hangs, rest for a while, so that what waits for it gets on.
actor FunctionRest {
  private var until: ContinuousClock.Instant?
  private var cause: ExtensionFailure?

  /// Of the time, the part that a function may take which fails slowly: one second in so many.
  private static let factor = 20
  /// A failure that came sooner costs nothing worth saving.
  private let slow: Duration

  init(slow: Duration) { self.slow = slow }

  /// Why it is not called now; nil when it may be.
  func reason(at now: ContinuousClock.Instant) -> ExtensionFailure? {
    guard let until, let cause, now < until else { return nil }
    return ExtensionFailure("it is not called for a while, since it failed: \(cause.reason)")
  }

  /// - Parameters:
  ///   - failure: nil when it did what it should.
  ///   - elapsed: how long it took.
  func note(_ failure: ExtensionFailure?, took elapsed: Duration, at now: ContinuousClock.Instant) {
    cause = failure
    until = failure == nil || elapsed < slow ? nil : now + elapsed * Self.factor
  }
}
