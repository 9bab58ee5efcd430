import Competition
import Store

extension ScoringStore {
  /// Seals what is due with snapshots that follow from the scores alone.
  public func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim? = nil,
    build: @Sendable (_ scores: [BucketScores], _ periodStart: Timestamp) -> [Snapshot]
  ) async throws -> [SealedBucket] {
    try await sealDue(bucketSeconds: bucketSeconds, atMost: atMost, claim: claim) { scores, bucket in
      BucketContent(snapshots: build(scores, bucket.start))
    }
  }
}

extension SealStore {
  /// Seals what is due with snapshots that follow from the scores alone.
  public func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim? = nil,
    build: @Sendable (_ scores: [BucketScores], _ periodStart: Timestamp) -> [Snapshot]
  ) async throws -> [SealedBucket] {
    try await sealDue(bucketSeconds: bucketSeconds, atMost: atMost, claim: claim) { scores, bucket in
      BucketContent(snapshots: build(scores, bucket.start))
    }
  }
}
