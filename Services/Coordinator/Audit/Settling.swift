/// Something that a node in work passes through looks wrong for a moment. What stays wrong is wrong.
enum Settling {
  /// Looks again at what looks wrong, until nothing is left or the time is over. Answers what is left.
  static func left<Suspect>(
    of suspects: [Suspect], within time: Duration, stillWrong: ([Suspect]) async throws -> [Suspect]
  ) async throws -> [Suspect] {
    let end = ContinuousClock.now + time
    var left = suspects
    while !left.isEmpty {
      left = try await stillWrong(left)
      guard ContinuousClock.now < end else { break }
      try await Task.sleep(for: .milliseconds(200))
    }
    return left
  }
}
