import Synchronization
import TestKit

/// Counts looks at the pipeline, from any thread.
final class LookCounter: Sendable {
  private let value = Mutex(0)
  func add() { value.withLock { $0 += 1 } }
  var count: Int { value.withLock { $0 } }

  /// Returns when it has not counted for much longer than the time between two looks.
  func waitUntilStill() async throws {
    var seen = (count: -1, times: 0)
    try await waitUntil("the looks end") {
      seen = count == seen.count ? (seen.count, seen.times + 1) : (count, 0)
      return seen.times > 200
    }
  }
}
