import Bus
import Competition
import Store

/// Whether somebody reads the streams, and nothing lies in them for long.
package struct StreamCheck: Sendable {
  private let bus: RedisBus
  private let store: Store
  private let leaseSeconds: Int

  /// Seconds that an entry may wait for a reader, or a due task for room.
  package static let patience = 60.0
  /// One of each runs in every node.
  package static let services = [
    "feed-data-worker", "predict-worker", "score-worker", "checkpoint-worker", "report-worker",
  ]

  /// - Parameter leaseSeconds: how long work belongs to a worker that does not renew it.
  package init(bus: RedisBus, store: Store, leaseSeconds: Int) {
    self.bus = bus
    self.store = store
    self.leaseSeconds = leaseSeconds
  }

  package func findings() async -> [Finding] {
    Self.findings(of: await PipelineLook.take(bus: bus, store: store), leaseSeconds: leaseSeconds)
  }

  /// What a look at the pipeline shows. Pure.
  package static func findings(of look: PipelineLook, leaseSeconds: Int) -> [Finding] {
    var findings: [Finding] = []
    if let streams = look.streams {
      findings += self.findings(streams.status, leaseSeconds: leaseSeconds) + missing(streams.workers)
    } else {
      findings.append(
        .problem(
          .streams, "the streams could not be looked at", cause: look.problems.first,
          remedy: "bring Redis back first"))
    }
    guard let pauses = look.pauses, let letters = look.deadLetters else {
      return findings + [.note(.streams, "pauses and dead letters could not be read: PostgreSQL is away")]
    }
    return findings + stops(pauses, letters)
  }

  /// What an operator, or the eighth failure, stopped.
  private static func stops(_ pauses: [PauseStore.Pause], _ letters: Int) -> [Finding] {
    var findings = pauses.map { pause in
      Finding.problem(
        .streams, "\(pause.stream) is paused since \(pause.since)", cause: pause.reason,
        remedy: "`coordinator resume \(pause.stream)` when the reason is gone")
    }
    if letters > 0 {
      findings.append(
        .problem(
          .streams, "\(letters) dead letters are open", cause: "work that failed again and again was given up",
          remedy: "`coordinator dlq` says why; then replay or discard them"))
    }
    return findings
  }

  package static func missing(_ workers: [WorkerNote]) -> [Finding] {
    let alive = Set(workers.map(\.service))
    let missing = services.filter { !alive.contains($0) }
    return missing.map { service in
      .problem(
        .streams, "no \(service) runs", cause: "none has said within 15 s that it lives",
        remedy: "start one, and look into its log if it ends")
    }
  }

  package static func findings(_ status: BusStatus, leaseSeconds: Int) -> [Finding] {
    var findings: [Finding] = []
    for stream in status.streams {
      let name = stream.stream.rawValue
      guard let group = status.group(of: stream.stream) else {
        findings.append(
          .problem(
            .streams, "\(name) has no group \(stream.stream.group.rawValue)",
            cause: "no worker that reads it has started, or Redis lost its data",
            remedy: "start the workers: the group is made when the first of them joins"))
        continue
      }
      if let oldest = group.oldestUnread, status.now.seconds(since: oldest) > patience {
        findings.append(
          .problem(
            .streams, "\(name): \(group.lag) entries wait, the oldest for \(age(oldest, status))",
            cause: "too few readers, or none", remedy: "start workers; `coordinator streams groups` shows who reads"))
      }
      if let oldest = group.oldestPending, status.now.seconds(since: oldest) > Double(2 * leaseSeconds) + patience {
        findings.append(
          .problem(
            .streams, "\(name): an entry is in work for \(age(oldest, status))",
            cause: "it fails again and again, or its worker hangs",
            remedy: "`coordinator streams pending \(name)`, then `coordinator explain ENTRY`"))
      }
      if stream.parked > 0 {
        findings.append(
          .problem(
            .streams, "\(name): \(stream.parked) entries are parked", cause: "a newer version published them",
            remedy: "start workers of that version"))
      }
    }
    if status.overdue > 0, let due = status.nextDue, status.now.seconds(since: due) > patience {
      findings.append(
        .problem(
          .streams, "\(status.overdue) due tasks have no room in predictions.pending", cause: "too few score workers",
          remedy: "start score workers"))
    }
    let waiting = status.streams.flatMap(\.groups).map(\.lag).reduce(0, +)
    return findings.isEmpty
      ? [.ok(.streams, "all groups read; \(waiting) entries wait, \(status.delayed) tasks are not due")] : findings
  }

  private static func age(_ time: Timestamp, _ status: BusStatus) -> String {
    Spoken.span(status.now.seconds(since: time))
  }
}
