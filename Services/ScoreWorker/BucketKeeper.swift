import Callables
import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// Turns the scores of each bucket of time into snapshots: provisional ones while the bucket is open, then, once nothing
/// can come any more, sealed ones that never change (decision 11).
actor BucketKeeper {
  private let store: any ScoringStore
  private let bucketSeconds: Int
  /// Writes and seals only while this lease is held.
  private let claim: LeaseClaim?
  private let contracts: ContractsInForce
  private let logger: Logger

  init(
    store: any ScoringStore, bucketSeconds: Int, claim: LeaseClaim? = nil, contracts: ContractsInForce,
    logger: Logger
  ) {
    self.store = store
    self.bucketSeconds = bucketSeconds
    self.claim = claim
    self.contracts = contracts
    self.logger = logger
  }

  /// The snapshots of a bucket as its stored scores say: one per model, whoever computes them and whenever.
  /// - Parameters:
  ///   - metrics: of each model; they go before what the aggregation gives under the same name.
  ///   - contract: the digest of the one that they are made by.
  static func snapshots(
    of scores: [BucketScores], _ bucket: Bucket, by aggregator: SnapshotAggregator = SnapshotAggregator(),
    metrics: ModelFigures = ModelFigures(), contract: String? = nil
  ) async -> [Snapshot] {
    let summaries = await aggregator.summaries(of: scores.map(\.results))
    return zip(scores, summaries).map { model, made in
      var snapshot = Snapshot(
        of: model.results, summary: made.summary.merging(metrics.values[model.modelID] ?? [:]), modelID: model.modelID,
        periodStart: bucket.start, periodEnd: bucket.end)
      snapshot.meta[Snapshot.contractKey] = contract.map(JSON.string)
      snapshot.meta[Snapshot.aggregationFailureKey] = made.failure.map(JSON.string)
      snapshot.meta[Snapshot.metricFailuresKey] = metrics.failures[model.modelID].map(JSON.object)
      return snapshot
    }
  }

  /// Forgets what an earlier leader may have changed since.
  func begin() async throws { try await contracts.begin() }

  /// Writes the provisional snapshots of a bucket anew and answers them; nil when the lease is another's.
  func refresh(_ periodStart: Timestamp) async throws -> [Snapshot]? {
    let bucket = Bucket(start: periodStart, seconds: bucketSeconds)
    let scores = try await store.bucketScores(periodStart: periodStart)
    let rules = try await contracts.rules(at: periodStart)
    let metrics = try await rules.figures?.metrics(of: bucket) ?? ModelFigures()
    let snapshots = await Self.snapshots(
      of: scores, bucket, by: rules.functions.aggregator, metrics: metrics, contract: rules.digest)
    guard try await store.replaceProvisional(snapshots, periodStart: periodStart, claim: claim) else { return nil }
    await rules.figures?.note(snapshots, of: bucket)
    return snapshots
  }

  /// Seals buckets in order of time until one is not ready, a hundred at most. Answers what was sealed.
  /// - Parameter budget: seconds after which no more are begun.
  func sealDue(within budget: Double = .infinity) async throws -> [SealedBucket] {
    let began = Timestamp.now()
    var sealed: [SealedBucket] = []
    try await contracts.look()
    while sealed.count < 100, sealed.isEmpty || Timestamp.now().seconds(since: began) < budget {
      try await FailPoint.leaderBeforeSeal.reach()
      let contracts = contracts
      let buckets = try await store.sealDue(bucketSeconds: bucketSeconds, atMost: 10, claim: claim) { scores, bucket in
        let rules = try await contracts.rules(at: bucket.start)
        guard let figures = rules.figures else {
          return BucketContent(
            snapshots: await Self.snapshots(
              of: scores, bucket, by: rules.functions.aggregator, contract: rules.digest))
        }
        let content = try await figures.content(scores, bucket, contract: rules.digest)
        // The next one looks at these. Should this one not be sealed, it is made anew and set in their place.
        await figures.note(content.snapshots, of: bucket)
        await figures.forget(before: bucket)
        return content
      }
      guard !buckets.isEmpty else { break }
      try await FailPoint.leaderAfterSeal.reach()
      sealed += buckets
      Counter(label: "coordinator_buckets_sealed_total").increment(by: buckets.count)
    }
    return sealed
  }
}
