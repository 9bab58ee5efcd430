import Bus
import Competition
import Metrics
import Synchronization

/// What a process does now, kept by its parts and told to whoever looks.
public final class Activity: Sendable {
  private struct State {
    var doing = "starting"
    var leads = false
    var handled = 0
    var tally = WorkTally()
  }

  private let state = Mutex(State())
  private let name: String
  private let service: String
  private let startedAt: Timestamp

  public init(name: String, service: String, startedAt: Timestamp) {
    self.name = name
    self.service = service
    self.startedAt = startedAt
  }

  /// In a word or two: `working`, `paused`, `draining`.
  public func set(_ doing: String) { state.withLock { $0.doing = doing } }
  public func set(leads: Bool) { state.withLock { $0.leads = leads } }
  public func handled(_ entries: Int) { state.withLock { $0.handled += entries } }

  /// Counts what happened to entries, for whoever looks at this process and for Prometheus.
  public func count(_ deed: EntryDeed, _ count: Int = 1, of stream: BusStream) {
    state.withLock { $0.tally.count(deed, count, of: stream) }
    Counter(label: deed.metric, dimensions: [("stream", stream.rawValue), ("group", stream.group.rawValue)])
      .increment(by: count)
  }

  func note(now: Timestamp) -> WorkerNote {
    let state = state.withLock { $0 }
    return WorkerNote(
      name: name, service: service, startedAt: startedAt, seenAt: now, state: state.doing, leads: state.leads,
      handled: state.handled, tally: state.tally)
  }
}

extension EntryDeed {
  fileprivate var metric: String {
    switch self {
    case .delivered: "coordinator_entries_delivered_total"
    case .reclaimed: "coordinator_entries_reclaimed_total"
    case .lost: "coordinator_entries_lost_total"
    case .deduplicated: "coordinator_tasks_deduplicated_total"
    case .quarantined: "coordinator_tasks_quarantined_total"
    case .republished: "coordinator_tasks_republished_total"
    }
  }
}
