import Competition

/// What a commit changed. A prediction that had ended before is not in it.
public struct ScoreCommit: Sendable, Hashable {
  /// Ids of the predictions that ended with this commit.
  public var ended: Set<String>
  /// Bucket in which each score counts, by prediction id.
  public var periodStart: [String: Timestamp]
}
