/// What must hold whatever fails, by the names of the page on reliability.
public enum Invariant: String, Sendable, CaseIterable {
  case conservation = "I1"
  case oneEffect = "I2"
  case acknowledgedAfterCommit = "I3"
  case progress = "I4"
  case reproducible = "I5"
  case periods = "I6"
  case bounds = "I7"
  case consumers = "I8"
  case frozenWorkers = "I9"
  case feedOrder = "I10"
  case nothingNeededTrimmed = "I11"
}

/// What a look at one promise found.
public struct AuditFinding: Sendable, Hashable, CustomStringConvertible {
  public var invariant: Invariant
  /// What is promised, as a sentence.
  public var promise: String
  /// How many rows or entries were looked at.
  public var checked: Int
  public var violations: Int
  /// The id of one violation.
  public var example: String?
  /// Why nothing was looked at; nil when it was.
  public var skipped: String?

  public init(
    _ invariant: Invariant, _ promise: String, checked: Int, violations: Int = 0, example: String? = nil,
    skipped: String? = nil
  ) {
    self.invariant = invariant
    self.promise = promise
    self.checked = checked
    self.violations = violations
    self.example = example
    self.skipped = skipped
  }

  public var description: String {
    "\(invariant.rawValue) broken: \(promise): \(violations) of \(checked) are not so, such as \(example ?? "?")"
  }
}
