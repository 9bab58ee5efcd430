/// Looks something up for all who ask at the same time. Whoever asks is answered by a look that begins afterwards, so that
/// nobody gets what is older than their question; those who come while one is under way share the next.
actor SharedLook<Value: Sendable> {
  private let look: @Sendable () async throws -> Value
  private var waiting: [CheckedContinuation<Value, any Error>] = []
  private var isLooking = false

  init(_ look: @escaping @Sendable () async throws -> Value) { self.look = look }

  func current() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(continuation)
      guard !isLooking else { return }
      isLooking = true
      Task { await answer() }
    }
  }

  private func answer() async {
    while !waiting.isEmpty {
      let asking = waiting
      waiting = []
      let found: Result<Value, any Error>
      do {
        found = .success(try await look())
      } catch {
        found = .failure(error)
      }
      for continuation in asking { continuation.resume(with: found) }
    }
    isLooking = false
  }
}
