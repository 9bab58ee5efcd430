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
  /// Seals only while this lease is held.
  private let claim: LeaseClaim?
  private let figures: BucketFigures?
  private let logger: Logger

  /// - Parameter figures: metrics and ensembles, where the contract asks for them.
  init(
    store: any ScoringStore, bucketSeconds: Int, claim: LeaseClaim? = nil, figures: BucketFigures? = nil,
    logger: Logger
  ) {
    self.store = store
    self.bucketSeconds = bucketSeconds
    self.claim = claim
    self.figures = figures
    self.logger = logger
  }

  /// The snapshots of a bucket as its stored scores say: one per model, whoever computes them and whenever.
  /// - Parameter metrics: of each model; they go before means of the same name.
  static func snapshots(
    of scores: [BucketScores], _ bucket: Bucket, metrics: [String: JSONObject] = [:]
  ) -> [Snapshot] {
    scores.map { model in
      var snapshot = Snapshot(
        of: model.results, modelID: model.modelID, periodStart: bucket.start, periodEnd: bucket.end)
      if let own = metrics[model.modelID] { snapshot.resultSummary = snapshot.resultSummary.merging(own) }
      return snapshot
    }
  }

  /// Forgets what an earlier leader may have changed since.
  func begin() async { await figures?.begin() }

  /// Writes the provisional snapshots of a bucket anew and answers them.
  func refresh(_ periodStart: Timestamp) async throws -> [Snapshot] {
    let bucket = Bucket(start: periodStart, seconds: bucketSeconds)
    let scores = try await store.bucketScores(periodStart: periodStart)
    let metrics = try await figures?.metrics(of: bucket) ?? [:]
    let snapshots = Self.snapshots(of: scores, bucket, metrics: metrics)
    try await store.replaceProvisional(snapshots, periodStart: periodStart)
    await figures?.note(snapshots, of: bucket)
    return snapshots
  }

  /// Seals buckets in order of time until one is not ready, a hundred at most. Answers what was sealed.
  func sealDue() async throws -> [SealedBucket] {
    var sealed: [SealedBucket] = []
    while sealed.count < 100 {
      try await FailPoint.leaderBeforeSeal.reach()
      let figures = figures
      let buckets = try await store.sealDue(bucketSeconds: bucketSeconds, atMost: 10, claim: claim) { scores, bucket in
        let content = try await figures?.content(scores, bucket)
        let made = content ?? BucketContent(snapshots: Self.snapshots(of: scores, bucket))
        // The next one looks at these. Should this one not be sealed, it is made anew and set in their place.
        await figures?.note(made.snapshots, of: bucket)
        await figures?.forget(before: bucket)
        return made
      }
      guard !buckets.isEmpty else { break }
      try await FailPoint.leaderAfterSeal.reach()
      sealed += buckets
      Counter(label: "coordinator_buckets_sealed_total").increment(by: buckets.count)
    }
    return sealed
  }
}
