/// A value that costs more the more there is. It is kept for ten times as long as it took to make, 10 s at most: cheap
/// ones are always fresh, dear ones take at most a tenth of the database's time. Callers at the same time share one.
actor PacedValue<Value: Sendable> {
  private let make: @Sendable () async throws -> Value
  private var kept: (value: Value, until: ContinuousClock.Instant)?
  private var running: Task<Value, any Error>?

  init(_ make: @escaping @Sendable () async throws -> Value) { self.make = make }

  /// What takes less is not kept at all.
  private static var cheap: Duration { .milliseconds(20) }

  func current() async throws -> Value {
    if let kept, ContinuousClock.now < kept.until { return kept.value }
    if let running { return try await running.value }
    let task = Task { [make] in try await make() }
    running = task
    defer { running = nil }
    let start = ContinuousClock.now
    let value = try await task.value
    let cost = start.duration(to: .now)
    kept = cost < Self.cheap ? nil : (value, .now + min(cost * 10, .seconds(10)))
    return value
  }
}
