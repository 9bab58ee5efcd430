import Competition

@testable import Store

extension MemoryStore: ScoringStore {
  func now() -> Timestamp { clock() }

  // MARK: Tasks and truths

  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) -> [Prediction] {
    state.withLock { state in
      let groups = Dictionary(grouping: state.pending) { TaskKey(inputID: $0.inputID, scopeKey: $0.scopeKey) }
      let ordered = tasks.sorted { ($0.inputID, $0.scopeKey) < ($1.inputID, $1.scopeKey) }
      return ordered.flatMap { (groups[$0] ?? []).sorted { $0.id < $1.id }.prefix(limitPerTask) }
    }
  }

  func unscoredTasks(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) -> [PredictionStore.UnscoredTask] {
    guard flaw != .neverSweeps else { return [] }
    return state.withLock { state in
      var known: Set<TaskKey> = []
      let due = state.pending
        .filter { prediction in
          prediction.resolvableAt <= through && (after.map { prediction.resolvableAt > $0 } ?? true)
        }
        .sorted {
          ($0.resolvableAt, $0.inputID, $0.scopeKey, $0.id) < ($1.resolvableAt, $1.inputID, $1.scopeKey, $1.id)
        }
        .filter { known.insert(TaskKey(inputID: $0.inputID, scopeKey: $0.scopeKey)).inserted }
      guard due.count > limit else { return due.map(PredictionStore.UnscoredTask.init) }
      let last = due[limit - 1].resolvableAt
      return due.filter { $0.resolvableAt <= last }.map(PredictionStore.UnscoredTask.init)
    }
  }

  func inputs(ids: [String]) -> [Input] {
    state.withLock { state in ids.sorted().compactMap { state.inputs[$0] } }
  }

  func truths(of keys: [TaskKey]) -> [GroundTruth] { state.withLock { state in keys.compactMap { state.truths[$0] } } }

  func saveTruths(_ truths: [GroundTruth]) -> [GroundTruth] {
    state.withLock { state in
      truths.map { truth in
        let key = TaskKey(inputID: truth.inputID, scopeKey: truth.scopeKey)
        let stored = state.truths[key] ?? truth
        state.truths[key] = stored
        return stored
      }
    }
  }

  func newestRecord(of feed: FeedKey) -> FeedRecord? { state.withLock { $0.feeds[feed]?.last } }

  func firstRecord(of feed: FeedKey, after time: Timestamp) -> FeedRecord? {
    state.withLock { $0.feeds[feed]?.first { $0.eventTime > time } }
  }

  func records(of feed: FeedKey, from: Timestamp, through: Timestamp, limit: Int) -> [FeedRecord] {
    state.withLock { state in
      Array((state.feeds[feed] ?? []).filter { $0.eventTime >= from && $0.eventTime <= through }.prefix(limit))
    }
  }

  // MARK: Ends

  func commitScores(_ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun) -> ScoreCommit {
    state.withLock { state in
      var commit = ScoreCommit()
      var known: Set<String> = []
      for outcome in outcomes where known.insert(outcome.predictionID).inserted {
        let id = outcome.predictionID
        let isGuarded = flaw != .commitsUnguarded
        switch outcome {
        case .failed(_, let reason):
          guard state.end(id, as: .failed, reason: reason, guarded: isGuarded), let prediction = state.predictions[id]
          else { continue }
          commit.failed[TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey), default: 0] += 1
        case .scored(let score):
          guard state.end(id, as: .scored, reason: nil, guarded: isGuarded), let prediction = state.predictions[id]
          else { continue }
          let bucket = prediction.resolvableAt.floored(toSeconds: bucketSeconds)
          let period = state.sealedUntil.map { max($0, bucket) } ?? bucket
          if state.scores[id] != nil { state.overwritten.append("score of \(id)") }
          state.scores[id] = StoredScore(score: score, periodStart: period)
          commit.scored[TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey), default: [:]][
            period, default: 0] += 1
        }
      }
      return commit
    }
  }

  func failPredictions(_ ids: [String], reason: String) {
    state.withLock { state in for id in ids { _ = state.end(id, as: .failed, reason: reason) } }
  }

  func recordDeadLetters(_ letters: [NewDeadLetter]) { state.withLock { $0.keep(letters) } }

  func buryTask(_ letter: NewDeadLetter, task: TaskKey) {
    state.withLock { state in
      state.keep([letter])
      let reason = DeadLetter.reason(cause: letter.cause, deliveries: letter.deliveries)
      for prediction in state.pending where (prediction.inputID, prediction.scopeKey) == (task.inputID, task.scopeKey) {
        _ = state.end(prediction.id, as: .failed, reason: reason)
      }
    }
  }

  // MARK: Sweeps

  func lowWater() -> Timestamp? { state.withLock { $0.lowWater } }

  func raiseLowWater(from known: Timestamp?, to mark: Timestamp) {
    let latest = clock().adding(seconds: -120)
    state.withLock { state in
      guard state.lowWater == known else { return }
      let open = state.firstPending.map { $0.adding(seconds: -0.000_001) }
      let lowest = min(mark, latest, open ?? latest)
      if state.lowWater.map({ lowest > $0 }) ?? true { state.lowWater = lowest }
    }
  }

  // MARK: Who leads, what is paused

  func acquireLease(name: String, holder: String, seconds: Int) -> Bool {
    let now = clock()
    return state.withLock { state in
      if let lease = state.leases[name], lease.holder != holder, lease.expires >= now { return false }
      state.leases[name] = (holder, now.adding(seconds: seconds))
      return true
    }
  }

  func releaseLease(name: String, holder: String) {
    state.withLock { state in if state.leases[name]?.holder == holder { state.leases[name] = nil } }
  }

  func pausedStreams() -> Set<String> { state.withLock { $0.paused } }
}

extension MemoryStore.State {
  /// When the first PENDING prediction above the sweep's mark is due.
  var firstPending: Timestamp? {
    let mark = lowWater
    return pending.map(\.resolvableAt).filter { due in mark.map { due > $0 } ?? true }.min()
  }

  fileprivate mutating func keep(_ fresh: [NewDeadLetter]) {
    for letter in fresh {
      let key = MemoryStore.Letter(stream: letter.stream, entryID: letter.entryID)
      var kept = letters[key] ?? letter
      kept.cause = letter.cause
      kept.deliveries = max(kept.deliveries, letter.deliveries)
      kept.worker = letter.worker
      letters[key] = kept
    }
  }
}

extension PredictionStore.UnscoredTask {
  fileprivate init(_ prediction: Prediction) {
    self.init(
      key: TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey), configID: prediction.configID,
      subject: prediction.scope["subject"]?.string ?? "", performedAt: prediction.performedAt,
      resolvableAt: prediction.resolvableAt)
  }
}
