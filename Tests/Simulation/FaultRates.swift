/// How probable each fault is when a worker calls Redis or PostgreSQL, before and after the effect. Drawn a schedule, so
/// that some are about crashes, others about lost answers.
struct FaultRates: Sendable {
  var crash = 0.0
  var freeze = 0.0
  var outage = 0.0
  var delay = 0.0
  var shuffle = 0.0

  static let none = FaultRates()

  static func drawn(_ dice: Dice) -> FaultRates {
    FaultRates(
      crash: 0.003 * dice.pick([0, 1, 3]), freeze: 0.002 * dice.pick([0, 1, 3]), outage: 0.02 * dice.pick([0, 1, 4]),
      delay: 0.2 * dice.pick([0, 1, 3]), shuffle: 0.5)
  }

  /// What is done all the time, and changes little, meets fewer faults; what matters most meets more.
  static func weight(of call: String) -> Double {
    switch call {
    case "promote", "pausedStreams", "register", "unpark", "reclaim", "now": 0.05
    case "commitScores", "acknowledge", "schedule", "saveTruths", "sealDue", "release", "replaceProvisional",
      "commitCheckpoint":
      4
    default: 1
    }
  }
}

/// How many faults of which kind a schedule had.
struct FaultCounts: Sendable {
  var kills = 0
  var freezes = 0
  var outages = 0
  var lostAnswers = 0
  var flushes = 0
  var lostGroups = 0
  var deletedEntries = 0
  var duplicates = 0
  var pauses = 0
  var cutOffs = 0
  var parked = 0
  var drains = 0
  var deliveries = 0
  var redeliveries = 0

  static func += (total: inout FaultCounts, other: FaultCounts) {
    for field in fields { total[keyPath: field.path] += other[keyPath: field.path] }
  }

  var text: String { Self.fields.map { "\($0.name) \(self[keyPath: $0.path])" }.joined(separator: ", ") }

  private static var fields: [(name: String, path: WritableKeyPath<FaultCounts, Int>)] {
    [
      ("kills", \.kills), ("freezes", \.freezes), ("drains", \.drains), ("outages", \.outages),
      ("lost answers", \.lostAnswers), ("flushes", \.flushes), ("lost groups", \.lostGroups),
      ("deleted entries", \.deletedEntries), ("duplicates", \.duplicates), ("pauses", \.pauses),
      ("workers cut off", \.cutOffs), ("entries of newer versions", \.parked),
      ("deliveries", \.deliveries), ("deliveries beyond the first", \.redeliveries),
    ]
  }
}
