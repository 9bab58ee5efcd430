import Testing

/// Asks again and again until `condition` holds; a watchdog ends the wait.
func waitUntil(
  _ what: String, isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if try await condition() { return }
    await Task.yield()
  }
  Issue.record("never happened: \(what)")
}
