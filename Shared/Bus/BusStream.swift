import Competition

/// The streams of the node. The names are what `redis-cli` shows, behind `REDIS_KEY_PREFIX`.
public enum BusStream: String, Sendable, CaseIterable {
  case feedRecords = "feed.records"
  case predictionsPending = "predictions.pending"
  case scoresReady = "scores.ready"

  /// Who reads the stream.
  public var group: ConsumerGroup {
    switch self {
    case .feedRecords: .predict
    case .predictionsPending: .score
    case .scoresReady: .leaderboard
    }
  }
}

/// Consumer groups; the members of one share its stream's entries.
public enum ConsumerGroup: String, Sendable, CaseIterable {
  case predict, score, leaderboard
}

/// The id that Redis gave to an entry: milliseconds and a number within them.
public struct EntryID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var milliseconds: UInt64
  public var sequence: UInt64

  public init(milliseconds: UInt64, sequence: UInt64) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// nil when the text is not `milliseconds-sequence`.
  public init?(_ text: String) {
    let parts = text.split(separator: "-")
    guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }

  public var description: String { "\(milliseconds)-\(sequence)" }

  /// When the entry was added.
  public var time: Timestamp { Timestamp(milliseconds: Int64(milliseconds)) }

  public static func < (left: EntryID, right: EntryID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}
