/// A value that costs more the more there is. One that is dear is kept for ten times as long as it took to make, 10 s at
/// most, so that it takes at most a tenth of the database's time; others are always fresh. Callers at the same time share
/// one.
actor PacedValue<Value: Sendable> {
  private let isDear: @Sendable (Value) -> Bool
  private let make: @Sendable () async throws -> Value
  private var kept: (value: Value, until: ContinuousClock.Instant)?
  private lazy var look = SharedLook { [make] in try await make() }

  init(isDear: @escaping @Sendable (Value) -> Bool, _ make: @escaping @Sendable () async throws -> Value) {
    self.isDear = isDear
    self.make = make
  }

  func current() async throws -> Value {
    if let kept, ContinuousClock.now < kept.until { return kept.value }
    let start = ContinuousClock.now
    let value = try await look.current()
    let cost = start.duration(to: .now)
    kept = isDear(value) ? (value, .now + min(cost * 10, .seconds(10))) : nil
    return value
  }
}
