import Bus
import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// Scores the predictions of tasks: truth once per task, all outcomes of a batch in one commit, and only then the news
/// of it. What is handled twice, late, or by two workers at once changes nothing the second time.
struct TaskScorer: Sendable {
  let store: any ScoringStore
  let bus: any Bus
  let truths: TruthSource
  let contracts: ContractsInForce
  /// Tasks of a batch that are scored at the same time.
  let concurrency: Int
  let bucketSeconds: Int
  let workerName: String
  /// How long PostgreSQL may be away before the work is better left to somebody who can reach it.
  let patience: Duration
  let logger: Logger

  /// Predictions of one task that are handled in one go, at most.
  static let predictionsPerTask = 1_000
  /// Predictions that are in memory at once, at most, however many tasks there are.
  static let predictionsAtOnce = 10_000

  /// Handles the tasks to their end; when this returns their entries may be acknowledged. Answers what was
  /// found to do. Outages are waited out, as long as patience lasts.
  /// - Parameters:
  ///   - entries: the entries that brought the tasks, for the record.
  ///   - isOurs: whether the work is still this worker's; looked at before each commit.
  /// - Throws: `LeaseLost` when it is not, `OutageLasts`, what PostgreSQL refuses, `CancellationError` when the task is
  ///   cancelled.
  func handle(
    _ tasks: [ScoreTask], entries: [TaskKey: ScoreRun.Entry] = [:], isOurs: @escaping @Sendable () -> Bool = { true }
  ) async throws -> Found {
    let run = Run(record: ScoreRun(worker: workerName, entries: entries), isOurs: isOurs)
    return try await handle(tasks, run)
  }

  /// What tasks had to do.
  struct Found: Sendable, Hashable {
    var predictions = 0
    /// Those with predictions; of the others all was done before.
    var tasks = 0
  }

  /// What goes with a batch through all its steps.
  private struct Run {
    var record: ScoreRun
    var isOurs: @Sendable () -> Bool
  }

  private func handle(_ tasks: [ScoreTask], _ run: Run) async throws -> Found {
    var open = Dictionary(tasks.map { (TaskKey(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
    var found: [TaskKey: Int] = [:]
    while !open.isEmpty {
      let keys = Array(open.keys)
      let limit = max(1, min(Self.predictionsPerTask, Self.predictionsAtOnce / keys.count))
      let pending = try await persistently("load predictions", patience: patience, logger: logger) {
        try await store.pendingPredictions(of: keys, limitPerTask: limit)
      }
      let groups = Self.groups(pending)
      found.merge(groups.mapValues(\.count), uniquingKeysWith: +)
      let waiting = try await handle(groups, tasks: open, run)
      open = open.filter { key, _ in
        (groups[key]?.count ?? 0) >= limit && !waiting.contains(key)
      }
    }
    return Found(predictions: found.values.reduce(0, +), tasks: found.count)
  }

  /// Answers the tasks whose truth is waited for: nothing more can be done for them now.
  private func handle(
    _ groups: [TaskKey: [Prediction]], tasks: [TaskKey: ScoreTask], _ run: Run
  ) async throws -> Set<TaskKey> {
    let requests = groups.compactMap { key, predictions in
      predictions.first.map {
        TruthSource.Request(
          key: key, performedAt: $0.performedAt, resolvableAt: $0.resolvableAt, scope: $0.scope,
          contractID: $0.contractID)
      }
    }
    let decisions = try await persistently("resolve truths", patience: patience, logger: logger) {
      try await truths.decisions(for: requests)
    }
    var outcomes: [ScoredPrediction] = []
    var resolved: [(predictions: [Prediction], truth: GroundTruth)] = []
    var later: [TaskKey: DelayedTask] = [:]
    for (key, predictions) in groups.sorted(by: Self.isEarlier) {
      switch decisions[key] {
      case .resolved(let truth): resolved.append((predictions, truth))
      case .wait(let until, let reason):
        guard let task = tasks[key] else { continue }
        logger.debug("truth not final", metadata: ["input": "\(key.inputID)", "reason": "\(reason)"])
        later[key] = DelayedTask(task, at: until)
      case .failed(let reason):
        outcomes += predictions.map { .failed(id: $0.id, reason: reason) }
      case nil: break
      }
    }
    if !later.isEmpty {
      let tasks = Array(later.values)
      try await persistently("put tasks back", patience: patience, logger: logger) { try await bus.schedule(tasks) }
    }
    outcomes += try await resolved.mapConcurrently(width: concurrency) {
      try await score($0.predictions, truth: $0.truth)
    }
    .flatMap { $0 }
    try await commit(outcomes, groups, run)
    return Set(later.keys)
  }

  /// Predictions by their task. Those of a task come together, so that a key is made and looked for once a run of them.
  private static func groups(_ predictions: [Prediction]) -> [TaskKey: [Prediction]] {
    var groups: [TaskKey: [Prediction]] = [:]
    var first = predictions.startIndex
    while first < predictions.endIndex {
      let (inputID, scopeKey) = (predictions[first].inputID, predictions[first].scopeKey)
      let end =
        predictions[first...].firstIndex { $0.inputID != inputID || $0.scopeKey != scopeKey } ?? predictions.endIndex
      groups[TaskKey(inputID: inputID, scopeKey: scopeKey), default: []] += predictions[first..<end]
      first = end
    }
    return groups
  }

  /// The same order everywhere: a run can be repeated.
  private static func isEarlier(
    _ left: (key: TaskKey, value: [Prediction]), _ right: (key: TaskKey, value: [Prediction])
  ) -> Bool {
    (left.value[0].resolvableAt, left.key.inputID, left.key.scopeKey)
      < (right.value[0].resolvableAt, right.key.inputID, right.key.scopeKey)
  }

  private func score(_ predictions: [Prediction], truth: GroundTruth) async throws -> [ScoredPrediction] {
    try await FailPoint.scoreMidScore.reach()
    // The predictions of a task were asked for at once, under one contract.
    let rules = try await persistently("look up a contract", patience: patience, logger: logger) {
      try await contracts.rules(of: predictions[0].contractID)
    }
    let call = rules.functions.call
    let results = try await call.outcomes(
      of: predictions.map { call.function.shown($0.output, modelID: $0.modelID, predictionID: $0.id) },
      truth: truth.value, scope: predictions[0].scope)
    let now = Timestamp.now()
    Metrics.Timer(label: "coordinator_due_to_scored_seconds")
      .recordSeconds(now.seconds(since: predictions[0].resolvableAt))
    return zip(predictions, results).map { prediction, outcome in
      var score = Score(predictionID: prediction.id, outcome: outcome, scoredAt: now)
      score.contractID = rules.id
      return .scored(score)
    }
  }

  /// Commits outcomes in batches. Should PostgreSQL refuse one of them, the batch is halved until the bad one is alone:
  /// it fails with the reason, the others are scored.
  private func commit(
    _ outcomes: [ScoredPrediction], _ groups: [TaskKey: [Prediction]], _ run: Run
  ) async throws {
    var open = stride(from: 0, to: outcomes.count, by: 1_000).map {
      outcomes[$0..<min($0 + 1_000, outcomes.count)]
    }
    while let batch = open.popLast() {
      try await FailPoint.scoreBeforeCommit.reach()
      do {
        let commit = try await persistently("commit scores", patience: patience, logger: logger) {
          guard run.isOurs() else { throw LeaseLost() }
          return try await store.commitScores(Array(batch), bucketSeconds: bucketSeconds, run: run.record)
        }
        try await FailPoint.scoreAfterCommit.reach()
        await announce(commit, groups)
      } catch let error as StoreError {
        if batch.count > 1 {
          let middle = batch.startIndex + batch.count / 2
          open += [batch[..<middle], batch[middle...]]
        } else if let bad = batch.first {
          logger.error("score refused", metadata: ["prediction": "\(bad.predictionID)", "cause": "\(error)"])
          try await persistently("record the failure", patience: patience, logger: logger) {
            try await store.failPredictions([bad.predictionID], reason: "its score could not be stored: \(error)")
          }
        }
      }
    }
  }

  /// Tells the leader which buckets changed. Without Redis it finds out by itself a little later.
  private func announce(_ commit: ScoreCommit, _ groups: [TaskKey: [Prediction]]) async {
    Counter(label: "coordinator_scores_total").increment(by: commit.scoredCount)
    Counter(label: "coordinator_failed_predictions_total").increment(by: commit.failedCount)
    var news: [ScoresReady] = []
    for (key, _) in groups.filter({ commit.scored[$0.key] != nil }).sorted(by: Self.isEarlier) {
      news += (commit.scored[key] ?? [:]).sorted { $0.key < $1.key }.map { period, count in
        ScoresReady(inputID: key.inputID, scopeKey: key.scopeKey, periodStart: period, scored: count)
      }
    }
    do {
      try await bus.publish(news)
    } catch {
      logger.warning("scores not announced", metadata: ["cause": "\(error)"])
    }
  }
}

/// The work belongs to another worker now: whatever was made of it here is dropped.
struct LeaseLost: Error {}

extension TaskKey {
  init(of task: ScoreTask) { self.init(inputID: task.inputID, scopeKey: task.scopeKey) }
}
