extension ThrowingTaskGroup where ChildTaskResult == Void, Failure == any Error {
  /// Waits for all parts of a worker. The first that fails ends the others, as the group's end cancels them: with
  /// `waitForAll` they would go on, and nobody would hear of the failure.
  /// - Throws: what the first part that failed threw.
  public mutating func endTogether(isolation: isolated (any Actor)? = #isolation) async throws {
    while try await next(isolation: isolation) != nil {}
  }
}
