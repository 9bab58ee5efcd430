/// What kind of thing went wrong with work. Kinds have different remedies; see `WorkPolicy`.
public enum FailureKind: String, Sendable, CaseIterable {
  /// The entry cannot be read: it is recorded and dropped, and its work published again from PostgreSQL.
  case decoding
  /// PostgreSQL refused what belongs to the task: tried again with a growing pause, then given up.
  case refused
  /// Workers ended again and again while they had the entry: given up.
  case worker
}
