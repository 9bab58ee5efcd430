import Competition
import Synchronization

@testable import Store

/// A twin of PostgreSQL in memory as far as scoring goes: every call is one transaction. Both pass
/// `StoreConformanceTests`.
final class MemoryStore: Sendable {
  struct StoredScore: Sendable {
    var score: Score
    var periodStart: Timestamp
  }

  struct StoredSnapshot: Sendable {
    var snapshot: Snapshot
    var isProvisional: Bool
  }

  struct StoredSlot: Sendable {
    var slot: PredictionSlot
    var isAnswered = false
  }

  struct Letter: Sendable, Hashable {
    var stream: String
    var entryID: String
  }

  struct State {
    var models: [String: Model] = [:]
    var inputs: [String: Input] = [:]
    var slots: [StoredSlot] = []
    var predictions: [String: Prediction] = [:]
    var truths: [TaskKey: GroundTruth] = [:]
    var scores: [String: StoredScore] = [:]
    var feeds: [FeedKey: [FeedRecord]] = [:]
    var snapshots: [String: StoredSnapshot] = [:]
    var leaderboards: [String: Leaderboard] = [:]
    var leases: [String: (holder: String, expires: Timestamp)] = [:]
    var letters: [Letter: NewDeadLetter] = [:]
    var paused: Set<String> = []
    var lowWater: Timestamp?
    var firstPeriod: Timestamp?
    var sealedUntil: Timestamp?
    var checkpoints: [Checkpoint] = []
    var claims: [SnapshotClaim] = []
    /// Scores that took the place of another, and sealed snapshots that changed: there must be none.
    var overwritten: [String] = []
  }

  let state = Mutex(State())
  let clock: @Sendable () -> Timestamp
  /// What is wrong with this twin, to see that it is noticed.
  let flaw: Flaw?

  init(flaw: Flaw? = nil, clock: @escaping @Sendable () -> Timestamp) {
    self.flaw = flaw
    self.clock = clock
  }

  // MARK: What a world is made of

  func upsert(_ models: [Model]) {
    state.withLock { state in for model in models { state.models[model.id] = model } }
  }

  func add(_ inputs: [Input]) {
    state.withLock { state in for input in inputs where state.inputs[input.id] == nil { state.inputs[input.id] = input }
    }
  }

  func open(_ slot: PredictionSlot) { state.withLock { $0.slots.append(StoredSlot(slot: slot)) } }

  func answer(_ slot: PredictionSlot) {
    state.withLock { state in
      for index in state.slots.indices where state.slots[index].slot == slot { state.slots[index].isAnswered = true }
    }
  }

  /// Stores predictions, one per (input, scope key, model); a PENDING one that is due at or before the sweep's mark lowers
  /// the mark. Answers how many were new.
  @discardableResult
  func record(_ predictions: [Prediction]) -> Int {
    state.withLock { state in
      var earliest: Timestamp?
      var count = 0
      for prediction in predictions {
        let isKnown = state.predictions.values.contains {
          $0.id == prediction.id
            || ($0.inputID, $0.scopeKey, $0.modelID) == (prediction.inputID, prediction.scopeKey, prediction.modelID)
        }
        guard !isKnown else { continue }
        state.predictions[prediction.id] = prediction
        count += 1
        if prediction.status == .pending {
          earliest = min(earliest ?? prediction.resolvableAt, prediction.resolvableAt)
        }
      }
      if let earliest, let mark = state.lowWater, mark >= earliest {
        state.lowWater = earliest.adding(seconds: -0.000_001)
      }
      return count
    }
  }

  /// A record that comes again takes the place of the earlier one, but no forming candle that of a closed one.
  func ingest(_ records: [FeedRecord]) {
    state.withLock { state in
      for record in records {
        var feed = state.feeds[record.key] ?? []
        if let index = feed.firstIndex(where: { $0.eventTime == record.eventTime }) {
          if record.isClosed || !feed[index].isClosed { feed[index] = record }
        } else {
          feed.insert(record, at: feed.firstIndex { $0.eventTime > record.eventTime } ?? feed.endIndex)
        }
        state.feeds[record.key] = feed
      }
    }
  }

  func pause(_ stream: String) { state.withLock { _ = $0.paused.insert(stream) } }
  func resumeAll() { state.withLock { $0.paused = [] } }

  // MARK: For auditors

  func prediction(_ id: String) -> Prediction? { state.withLock { $0.predictions[id] } }
  var predictions: [Prediction] { state.withLock { $0.predictions.values.sorted { $0.id < $1.id } } }
  var scores: [String: StoredScore] { state.withLock { $0.scores } }
  var overwritten: [String] { state.withLock { $0.overwritten } }
  var lettersCount: Int { state.withLock { $0.letters.count } }
  var storedSnapshots: [StoredSnapshot] {
    state.withLock { $0.snapshots.values.sorted { MemoryStore.precedes($0.snapshot, $1.snapshot) } }
  }
  var newestLeaderboard: Leaderboard? {
    state.withLock { $0.leaderboards.values.max { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }
  }

  /// Ids of a task's predictions that are PENDING.
  func pendingIDs(of task: TaskKey) -> Set<String> {
    state.withLock { state in
      Set(state.pending.filter { ($0.inputID, $0.scopeKey) == (task.inputID, task.scopeKey) }.map(\.id))
    }
  }

  func holder(of lease: String) -> String? {
    let now = clock()
    return state.withLock { state in state.leases[lease].flatMap { $0.expires >= now ? $0.holder : nil } }
  }

  static func precedes(_ left: Snapshot, _ right: Snapshot) -> Bool {
    (left.periodEnd, left.id) < (right.periodEnd, right.id)
  }
}

extension MemoryStore.State {
  var pending: [Prediction] { predictions.values.filter { $0.status == .pending } }

  /// Ends a prediction; false when it had ended.
  mutating func end(_ id: String, as status: PredictionStatus, reason: String?, guarded: Bool = true) -> Bool {
    guard var prediction = predictions[id], prediction.status == .pending || !guarded else { return false }
    prediction.status = status
    prediction.failedReason = reason
    predictions[id] = prediction
    return true
  }
}
