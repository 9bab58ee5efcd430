/// Something essential that is left out of a world, to see that its auditor notices.
enum Flaw: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Entries are acknowledged when they are read, not when their effects are committed.
  case acknowledgesBeforeCommit
  /// A commit ends predictions that had ended already.
  case commitsUnguarded
  /// Nobody looks for work that Redis lost.
  case neverSweeps
  /// A bucket seals although predictions due in it are unfinished.
  case sealsEarly
  /// A worker that was frozen while it led goes on as if it still did.
  case leadsUnfenced
  /// Two checkpoint workers make a checkpoint at the same time.
  case claimsUnlocked

  var description: String { rawValue }
}

extension Flaw {
  /// The invariant that breaks.
  var invariant: String {
    switch self {
    case .acknowledgesBeforeCommit: "I3"
    case .commitsUnguarded: "I2"
    case .neverSweeps: "I1"
    case .sealsEarly: "I5"
    case .leadsUnfenced: "I9"
    case .claimsUnlocked: "I6"
    }
  }
}
