import Bus
import Store
import Synchronization

/// Checks invariant I3 at each acknowledgement of a task: its effects are committed, or its work waits elsewhere.
final class AcknowledgementAudit: Sendable {
  private struct Taken {
    var task: ScoreTask
    /// Predictions that waited for their score when the entry was handed out.
    var open: Set<String>
    var losses: Int
  }

  private let store: MemoryStore
  private let bus: MemoryBus
  private let conditions: Conditions
  private let taken = Mutex<[EntryID: Taken]>([:])

  init(store: MemoryStore, bus: MemoryBus, conditions: Conditions) {
    self.store = store
    self.bus = bus
    self.conditions = conditions
  }

  func taken(_ id: EntryID, _ task: ScoreTask) {
    let entry = Taken(task: task, open: store.pendingIDs(of: Self.key(task)), losses: conditions.losses)
    taken.withLock { $0[id] = entry }
  }

  func check(_ ids: [EntryID], by name: String) {
    for id in ids {
      guard let entry = taken.withLock({ $0[id] }) else { continue }
      let open = store.pendingIDs(of: Self.key(entry.task)).intersection(entry.open)
      guard !open.isEmpty else { continue }
      // Should someone else have taken entries away meanwhile, the sweep brings the work back.
      guard entry.losses == conditions.losses else { continue }
      do {
        guard try bus.missing([entry.task]) != [] else { continue }
      } catch {
        conditions.violate("I3", "the bus in memory failed: \(error)")
      }
      conditions.violate("I3", "\(name) acknowledged \(id) while \(open.sorted()) were not committed")
    }
  }

  private static func key(_ task: ScoreTask) -> TaskKey {
    TaskKey(inputID: task.inputID, scopeKey: task.scopeKey)
  }
}
