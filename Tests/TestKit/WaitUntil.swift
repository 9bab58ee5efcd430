/// What a test waited for did not come.
public struct NeverHappened: Error, CustomStringConvertible {
  public var what: String
  public init(what: String) { self.what = what }
  public var description: String { "never happened: \(what)" }
}

/// Asks again and again until `condition` holds, with a breath in between that leaves the processor to what is waited for.
/// - Throws: `NeverHappened` when two minutes have passed; what `condition` throws.
public func waitUntil(
  _ what: String, isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + .seconds(120)
  while try await !condition() {
    guard ContinuousClock.now < end else { throw NeverHappened(what: what) }
    try await Task.sleep(for: .milliseconds(2))
  }
}
