import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// What snapshots carry beyond the means of their scores: metrics, and the ensembles with theirs. Keeps the window that they
/// look back on, so that a bucket costs what is new in it.
actor BucketFigures {
  private let store: any ScoringStore
  private let empty: MetricHistory
  private let ensembles: [Ensemble]
  private let functions: ContractFunctions
  private let logger: Logger
  /// nil until it is read.
  private var history: MetricHistory?

  /// nil when the contract asks for neither metrics nor ensembles.
  /// - Throws: `UnknownMetric`
  init?(
    store: any ScoringStore, contract: CrunchContract, functions: ContractFunctions, logger: Logger
  ) throws {
    guard let history = try contract.metricHistory() else { return nil }
    self.store = store
    empty = history
    ensembles = contract.ensembles.filter(\.isEnabled)
    self.functions = functions
    self.logger = logger
  }

  /// Forgets what an earlier leader may have changed since.
  func begin() { history = nil }

  /// The metrics of each model with the answers that a bucket has now.
  func metrics(of bucket: Bucket) async throws -> ModelFigures {
    try await look(bucket, try await store.answers(from: bucket.start, before: bucket.end))
    return await figures(of: bucket)
  }

  /// Built-in metrics, and those of the competition over them.
  private func figures(of bucket: Bucket) async -> ModelFigures {
    guard let history else { return ModelFigures() }
    let own = await functions.figures.figures { history.answerPanel(of: bucket) }
    tell(own.failures)
    return ModelFigures(values: history.figures(of: bucket)).merging(own)
  }

  /// Counts metrics that are missing because their function failed, and says why the first one of each is.
  private func tell(_ failures: [String: JSONObject]) {
    var reasons: [String: (count: Int, model: String, reason: JSON)] = [:]
    for (model, own) in failures.sorted(by: { $0.key < $1.key }) {
      for member in own { reasons[member.key, default: (0, model, member.value)].count += 1 }
    }
    for (metric, found) in reasons {
      tell(
        "metric \(metric)", count: found.count, ["model": "\(found.model)", "cause": "\(found.reason.string ?? "")"])
    }
  }

  private func tell(_ figure: String, count: Int, _ metadata: Logger.Metadata) {
    Counter(label: "coordinator_figure_failures_total", dimensions: [("figure", figure)]).increment(by: count)
    logger.error(
      "a function of the competition failed, and its figure is left out",
      metadata: metadata.merging(["figure": "\(figure)"]) { $1 })
  }

  /// All that a bucket holds when it is sealed: the ensembles predict what the models of the bucket did and are scored on the
  /// same truths; then come the metrics of both.
  /// - Parameter contract: the digest of the one that asks for all this.
  func content(_ scores: [BucketScores], _ bucket: Bucket, contract: String?) async throws -> BucketContent {
    let answers = try await store.answers(from: bucket.start, before: bucket.end)
    try await look(bucket, answers)
    let virtual = try await virtualAnswers(of: bucket, answers)
    var groups = scores
    for ensemble in ensembles {
      let id = EnsembleName.modelID(ensemble.name)
      let own = virtual.filter { $0.prediction.modelID == id && $0.score.success }
        .sorted { $0.prediction.id.utf8.lexicographicallyPrecedes($1.prediction.id.utf8) }
      if !own.isEmpty { groups.append(BucketScores(modelID: id, results: own.map(\.score.result))) }
    }
    if !virtual.isEmpty {
      history?.replace(bucket.start, with: answers + virtual.map { Self.answer($0, answers, bucket) })
    }
    return BucketContent(
      snapshots: await BucketKeeper.snapshots(
        of: groups, bucket, by: functions.aggregator, metrics: await figures(of: bucket), contract: contract),
      virtual: virtual, virtualModels: virtual.isEmpty ? [] : ensembles.map { $0.model(createdAt: bucket.end) })
  }

  /// Learns which snapshots a bucket has: filters of ensembles look at them.
  func note(_ snapshots: [Snapshot], of bucket: Bucket) { history?.replace(bucket.start, with: snapshots) }

  /// Forgets what no bucket after this one looks at: all before are sealed.
  func forget(before bucket: Bucket) { history?.forget(endingAt: bucket.end) }

  /// Sees to it that what a bucket's figures follow from is known.
  private func look(_ bucket: Bucket, _ answers: [ScoredAnswer]) async throws {
    if history == nil { history = try await load(before: bucket) }
    history?.replace(bucket.start, with: answers)
  }

  private func load(before bucket: Bucket) async throws -> MetricHistory {
    var history = empty
    // Buckets before this one may be unsealed, and look back as far from where they are.
    let first = try await store.unsealedBuckets().first ?? bucket.start
    let start = min(first, bucket.start).adding(seconds: -empty.seconds)
    let answers = try await store.answers(from: start, before: bucket.start)
    for (period, own) in Dictionary(grouping: answers, by: \.periodStart) { history.replace(period, with: own) }
    for (period, own) in Dictionary(grouping: try await store.snapshots(since: start), by: \.periodStart)
    where period < bucket.start {
      history.replace(period, with: own)
    }
    logger.info("metrics look back on what is stored", metadata: ["answers": "\(answers.count)"])
    return history
  }

  private func virtualAnswers(
    of bucket: Bucket, _ answers: [ScoredAnswer]
  ) async throws -> [BucketContent.VirtualAnswer] {
    let made =
      await history?.ensemblePredictions(of: bucket, answers) { [functions] ensemble, material in
        do { return try await functions.figures.members(of: ensemble, material) } catch {
          await self.tell("ensemble \(ensemble.name)", count: 1, ["cause": "\(error)"])
          return nil
        }
      } ?? []
    guard !made.isEmpty else { return [] }
    let known = try await store.storedPredictions(made.map(\.id))
    let truths = Dictionary(answers.map { ($0.key, $0.truth ?? [:]) }, uniquingKeysWith: { first, _ in first })
    let now = try await store.now()
    var scored: [BucketContent.VirtualAnswer] = []
    for (key, group) in Dictionary(grouping: made.filter { !known.contains($0.id) }, by: \.key) {
      let call = functions.call
      let outcomes = try await call.outcomes(
        of: group.map { call.function.shown($0.output, modelID: $0.modelID, predictionID: $0.id) },
        truth: truths[key] ?? [:], scope: group[0].scope)
      scored += zip(group, outcomes).map { prediction, outcome in
        var done = prediction
        done.status = .scored
        var score = Score(predictionID: done.id, outcome: outcome, scoredAt: now)
        score.contractID = done.contractID
        return BucketContent.VirtualAnswer(prediction: done, score: score)
      }
    }
    return scored.sorted { $0.prediction.id < $1.prediction.id }
  }

  private static func answer(
    _ virtual: BucketContent.VirtualAnswer, _ answers: [ScoredAnswer], _ bucket: Bucket
  ) -> ScoredAnswer {
    ScoredAnswer(
      prediction: virtual.prediction, result: virtual.score.success ? virtual.score.result : nil,
      truth: answers.first { $0.key == virtual.prediction.key }?.truth, periodStart: bucket.start)
  }
}

extension Prediction {
  fileprivate var key: MetricKey { MetricKey(inputID: inputID, scopeKey: scopeKey) }
}
