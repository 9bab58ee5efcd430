import Bus
import Competition
import Store

/// Why the predictions of a task that wait for their score are where they are, and what happens next. Pure: all that is
/// known comes in.
package struct TaskOutlook: Sendable, Equatable {
  package var why: String
  package var next: String

  /// What is known besides the rows of the task.
  package struct Situation: Sendable {
    package var resolvableAt: Timestamp
    package var truth: TruthState
    /// nil: Redis is away.
    package var redis: Redis?
    /// The pause of `predictions.pending`.
    package var pause: PauseStore.Pause?
    package var leaseSeconds: Int
    package var maxDeliveries: Int
    package var now: Timestamp
  }

  package struct Redis: Sendable {
    package var places: TaskPlaces
    package var workers: [WorkerNote]
    /// Entries of `predictions.pending` that nobody has taken.
    package var unread: Int

    package var scorers: [WorkerNote] { workers.filter { $0.service == "score-worker" } }
  }

  private init(_ why: String, _ next: String) {
    self.why = why
    self.next = next
  }

  package init(_ situation: Situation) {
    let wait = situation.resolvableAt.seconds(since: situation.now)
    if case .unposted(let round) = situation.truth {
      self = Self.unposted(round)
    } else if wait > 0 {
      self.init(
        "it is not due yet", "in \(Spoken.span(wait)) its task goes into predictions.pending" + situation.notes)
    } else if let entry = situation.inWork {
      self = Self.inWork(entry, situation)
    } else if case .hopeless(let reason) = situation.truth {
      self.init("its truth will never be known: \(reason)", "the next look at it ends it as FAILED" + situation.notes)
    } else if case .waiting(let missing, let until, let then) = situation.truth {
      let again = situation.redis?.places.delayedUntil.map { $0.seconds(since: situation.now) } ?? 0
      let look = again > 0 ? "it is looked at again in \(Spoken.span(again)); " : ""
      self.init(
        "it waits for its truth: not there is \(missing)",
        "\(look)from \(until) on \(then)" + situation.notes)
    } else {
      self = Self.undone(situation)
    }
  }

  private static func unposted(_ round: TournamentRound) -> TaskOutlook {
    let end = round.truthUntil.map { "without one by \($0) it fails" } ?? "until then nothing happens"
    guard round.state == .asking else {
      return TaskOutlook(
        "it waits for the truth of the round \(round.id), which somebody has to post",
        "POST /tournament/rounds/\(round.id)/score has it scored; \(end)")
    }
    return TaskOutlook(
      "models are still asked about the round \(round.id)",
      "when all are heard, at the latest at \(round.deadlineAt.map { "\($0)" } ?? "the deadline"), the round waits for its "
        + "truth; \(end)")
  }

  private static func inWork(_ entry: PendingEntry, _ situation: Situation) -> TaskOutlook {
    let idle = entry.idle / .seconds(1)
    let why =
      "it is in work: entry \(entry.id) of predictions.pending is pending on \(entry.consumer), "
      + "not renewed for \(Spoken.span(idle)), delivery \(entry.deliveries)"
    if entry.deliveries >= situation.maxDeliveries {
      return TaskOutlook(why, "should this delivery fail as well, it is given up and becomes a dead letter")
    }
    let left = max(0, Double(situation.leaseSeconds) - idle)
    if situation.redis?.scorers.contains(where: { $0.name == entry.consumer }) == true {
      return TaskOutlook(
        why, "\(entry.consumer) lives: it commits the scores, or renews its lease, within \(Spoken.span(left))")
    }
    return TaskOutlook(
      why,
      "\(entry.consumer) lives no more: another worker takes the entry over about \(Spoken.span(left + 2)) from now"
        + situation.notes)
  }

  /// Its truth can be known, and nobody works on it.
  private static func undone(_ situation: Situation) -> TaskOutlook {
    guard let redis = situation.redis else {
      return TaskOutlook(
        "it is due; Redis is away, so nobody knows whether its task is on its way",
        "when Redis is back, the leading score worker publishes it again within seconds" + situation.notes)
    }
    for place in redis.places.entries.reversed() {
      if case .unread(let id) = place {
        return TaskOutlook(
          "it is due, and entry \(id) of predictions.pending is not taken yet (\(redis.unread) entries are unread)",
          situation.obstacle ?? "the next free score worker takes it")
      }
    }
    if let until = redis.places.delayedUntil {
      let again = until.seconds(since: situation.now)
      if again > 0 {
        return TaskOutlook(
          "its truth was not final when it was looked at",
          "it is looked at again in \(Spoken.span(again))"
            + situation.notes)
      }
      return TaskOutlook(
        "it is due, and its task waits in the delayed set for room in predictions.pending",
        situation.obstacle ?? "a score worker moves it as soon as the stream has room")
    }
    return TaskOutlook(
      "it is due, and Redis does not have its task (lost, or not published yet)",
      situation.leaderObstacle
        ?? "the leading score worker publishes it again within seconds; `coordinator streams rebuild` does it now")
  }
}

extension TaskOutlook.Situation {
  fileprivate var inWork: PendingEntry? {
    for place in redis?.places.entries ?? [] { if case .inWork(let entry) = place { return entry } }
    return nil
  }

  /// What keeps every task from being scored.
  fileprivate var obstacle: String? {
    if let pause {
      let reason = pause.reason.isEmpty ? "" : " (\(pause.reason))"
      return "nothing happens, for predictions.pending is paused since \(pause.since)\(reason): "
        + "`coordinator resume predictions.pending` lets it go on"
    }
    if let redis, redis.scorers.isEmpty { return "nothing happens, for no score worker lives: start one" }
    return nil
  }

  fileprivate var leaderObstacle: String? {
    if let obstacle { return obstacle }
    guard let redis, !redis.scorers.contains(where: \.leads) else { return nil }
    return "no score worker leads at the moment: within 5 s one takes over, and publishes it again"
  }

  /// The obstacle as an afterthought.
  fileprivate var notes: String { obstacle.map { "; but \($0)" } ?? "" }
}
