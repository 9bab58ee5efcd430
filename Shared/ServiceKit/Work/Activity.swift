import Bus
import Competition
import Synchronization

/// What a process does now, kept by its parts and told to whoever looks.
public final class Activity: Sendable {
  private struct State {
    var doing = "starting"
    var leads = false
    var handled = 0
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

  func note(now: Timestamp) -> WorkerNote {
    let state = state.withLock { $0 }
    return WorkerNote(
      name: name, service: service, startedAt: startedAt, seenAt: now, state: state.doing, leads: state.leads,
      handled: state.handled)
  }
}
