import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// Turns the scores of each bucket of time into snapshots: provisional ones while the bucket is open, then, once nothing
/// can come any more, sealed ones that never change (decision 11).
struct BucketKeeper: Sendable {
  let store: any ScoringStore
  let bucketSeconds: Int
  /// Writes and seals only while this lease is held.
  var claim: LeaseClaim?
  let logger: Logger

  /// The snapshots of a bucket as its stored scores say: one per model, whoever computes them and whenever. A bucket ends
  /// where the next aligned one begins: one that begins in between, after a change of interval, is shorter.
  static func snapshots(of scores: [BucketScores], periodStart: Timestamp, bucketSeconds: Int) -> [Snapshot] {
    let end = periodStart.floored(toSeconds: bucketSeconds).adding(seconds: bucketSeconds)
    return scores.map { model in
      Snapshot(of: model.results, modelID: model.modelID, periodStart: periodStart, periodEnd: end)
    }
  }

  /// Writes the provisional snapshots of a bucket anew and answers them; nil when the lease is another's.
  func refresh(_ periodStart: Timestamp) async throws -> [Snapshot]? {
    let scores = try await store.bucketScores(periodStart: periodStart)
    let snapshots = Self.snapshots(of: scores, periodStart: periodStart, bucketSeconds: bucketSeconds)
    return try await store.replaceProvisional(snapshots, periodStart: periodStart, claim: claim) ? snapshots : nil
  }

  /// Seals buckets in order of time until one is not ready, a hundred at most. Answers what was sealed.
  /// - Parameter budget: seconds after which no more are begun.
  func sealDue(within budget: Double = .infinity) async throws -> [SealedBucket] {
    let began = Timestamp.now()
    var sealed: [SealedBucket] = []
    while sealed.count < 100, sealed.isEmpty || Timestamp.now().seconds(since: began) < budget {
      try await FailPoint.leaderBeforeSeal.reach()
      let buckets = try await store.sealDue(bucketSeconds: bucketSeconds, atMost: 10, claim: claim) { scores, start in
        Self.snapshots(of: scores, periodStart: start, bucketSeconds: bucketSeconds)
      }
      guard !buckets.isEmpty else { break }
      try await FailPoint.leaderAfterSeal.reach()
      sealed += buckets
      Counter(label: "coordinator_buckets_sealed_total").increment(by: buckets.count)
    }
    return sealed
  }
}
