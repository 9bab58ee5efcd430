/// How much of its time the leader gives to what can wait. Scores come first: while there is a backlog, looking after
/// buckets may take a tenth of the time at most, so that it does not take the machine from the workers; the newest buckets
/// are still shown about every second.
struct DutyShare: Sendable {
  /// Seconds of one turn.
  var budget: Double
  /// Rest after a second of work, in seconds.
  private var restPerSecond: Double
  /// Seconds to rest in any case.
  private(set) var leastRest = 0.0

  /// Provisional snapshots: big buckets are refreshed less often, so that this takes at most a fourth of the time.
  static func refreshing(isBacklogged: Bool) -> DutyShare {
    isBacklogged ? DutyShare(budget: 0.05, restPerSecond: 19) : DutyShare(budget: 1, restPerSecond: 3)
  }

  /// A seal holds up the commits of all workers until those that have begun are done: that must be rare when they are many.
  static func sealing(isBacklogged: Bool) -> DutyShare {
    isBacklogged ? DutyShare(budget: 0.25, restPerSecond: 19, leastRest: 5) : DutyShare(budget: 1, restPerSecond: 0)
  }

  /// Seconds to rest after a turn that took `elapsed`. One long turn does not hold up what follows for very long.
  func rest(after elapsed: Double) -> Double {
    max(leastRest, min(restPerSecond * elapsed, max(10, 3 * elapsed)))
  }
}
