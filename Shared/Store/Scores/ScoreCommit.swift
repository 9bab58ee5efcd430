import Competition

/// What a commit changed: how many predictions ended, by task. One that had ended before is in no count.
public struct ScoreCommit: Sendable, Hashable {
  /// Those that have a score now, by the start of the bucket in which it counts.
  public var scored: [TaskKey: [Timestamp: Int]] = [:]
  /// Those that ended without one.
  public var failed: [TaskKey: Int] = [:]

  public init(scored: [TaskKey: [Timestamp: Int]] = [:], failed: [TaskKey: Int] = [:]) {
    self.scored = scored
    self.failed = failed
  }

  public var scoredCount: Int { scored.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
  public var failedCount: Int { failed.values.reduce(0, +) }
}
