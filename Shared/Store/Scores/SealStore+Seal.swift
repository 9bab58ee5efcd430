import Competition
import Postgres

extension SealStore {
  /// Seals the next buckets of time that have scores, as long as nothing can come into them any more: their end has passed,
  /// no dispatched slot due before it is unanswered (until 30 s after its deadline), and no such prediction is PENDING.
  /// Buckets without scores are passed over. Each sealed bucket is a cycle in the chain of evidence. All of it is decided
  /// by PostgreSQL's clock.
  ///
  /// What a bucket holds is made beforehand, however long that takes; then one transaction, under a lock that score commits
  /// share, sees that the bucket is still the next one and that its scores are those that it was made of, and writes it.
  ///
  /// A bucket ends where the next aligned one begins. Should `SCORE_INTERVAL_SECONDS` have changed meanwhile, the first
  /// one is shorter or takes in several of the old size, so that each score is in exactly one.
  /// - Parameters:
  ///   - atMost: how many.
  ///   - claim: seals only while this lease is held.
  ///   - content: what follows from the successful scores of a bucket, by model.
  /// - Returns: the sealed buckets, ascending; empty when none is ready.
  public func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim? = nil,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket] {
    // What comes in after this look and is due before the limit goes into a later bucket, so that the limit holds.
    let size = PostgresParameter.double(Double(bucketSeconds))
    let outlook = try Outlook(try await pool.query(Self.look, [size])[0])
    guard outlook.isReady, let limit = outlook.limit else { return [] }
    var sealed: [SealedBucket] = []
    while sealed.count < atMost {
      guard let bucket = try Self.bucket(try await pool.query(Self.next, [size, .time(limit)])[0]) else {
        try await passOver(until: limit, claim: claim)
        break
      }
      // The stamp first: should a score come in between, it is the older one, and the seal sees the difference.
      let stamp = try Self.stamp(try await pool.query(Self.stampOfPeriod, bucket.parameters)[0])
      let scores = try ScoreStore.grouped(try await pool.query(ScoreStore.ofPeriod, bucket.parameters))
      let made = try await content(scores, bucket)
      guard let snapshots = try await seal(bucket, made, stamp, size: size, limit: limit, claim: claim) else { break }
      sealed.append(SealedBucket(periodStart: bucket.start, snapshots: snapshots))
    }
    return sealed
  }

  /// Writes a bucket; nil when it is not the next one any more, its scores have changed, or another leads.
  private func seal(
    _ bucket: Bucket, _ content: BucketContent, _ stamp: ScoreStamp, size: PostgresParameter, limit: Timestamp,
    claim: LeaseClaim?
  ) async throws -> [Snapshot]? {
    try await pool.transaction { connection in
      guard try Self.begin(claim, connection) else { return nil }
      let found = try connection.pipeline([
        PostgresQuery(Self.next, [size, .time(limit)]), PostgresQuery(Self.stampOfPeriod, bucket.parameters),
      ])
      guard try Self.bucket(found[0][0]) == bucket, try Self.stamp(found[1][0]) == stamp else { return nil }
      if !content.virtual.isEmpty { try connection.pipeline(try Self.write(content, bucket)) }
      let digests = try EvidenceStore.digests(try connection.query(EvidenceStore.scoreDigests, bucket.parameters))
      let snapshots = content.snapshots.map { snapshot in
        var evident = snapshot
        evident.meta[Snapshot.evidenceKey] = JSON(digests[snapshot.modelID])
        return evident
      }
      let written = try connection.pipeline([
        PostgresQuery(
          "DELETE FROM snapshots WHERE period_start >= $1 AND period_start < $2 AND provisional", bucket.parameters),
        try Self.write(snapshots, isProvisional: false),
        PostgresQuery(
          "UPDATE seal_state SET sealed_until = $2, first_period = coalesce(first_period, $1)", bucket.parameters),
      ])
      // One that another tool wrote under the same id stayed as it was: it is no evidence of ours.
      let ours = Set(try written[1].map { try $0.text(0) })
      try EvidenceStore.append(snapshots.filter { ours.contains($0.id) }, at: bucket.end, on: connection)
      return snapshots
    }
  }

  /// Moves the mark on where there is nothing to aggregate.
  private func passOver(until limit: Timestamp, claim: LeaseClaim?) async throws {
    try await pool.transaction { connection in
      guard try Self.begin(claim, connection) else { return }
      try connection.query(
        """
        UPDATE seal_state SET sealed_until = $1
        WHERE sealed_until < $1
          AND NOT EXISTS (SELECT 1 FROM scores WHERE period_start >= seal_state.sealed_until AND period_start < $1)
        """, [.time(limit)])
    }
  }

  /// Takes the lock of seals; false when another leads.
  private static func begin(_ claim: LeaseClaim?, _ connection: isolated PostgresConnection) throws -> Bool {
    try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.seal)])
    return try holds(claim, connection)
  }

  /// The ensembles' rows, predictions and scores.
  private static func write(_ content: BucketContent, _ bucket: Bucket) throws -> [PostgresQuery] {
    let scores = content.virtual.map(\.score)
    return [
      ModelStore.upsert(content.virtualModels), try PredictionStore.insert(content.virtual.map(\.prediction)),
      PostgresQuery(
        """
        INSERT INTO scores
          (id, prediction_id, result_jsonb, success, failed_reason, scored_at, contract_id, period_start)
        SELECT s.*, $8 FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::boolean[], $5::text[], $6::timestamptz[],
          $7::bigint[]) AS s
        """,
        [
          .texts(scores.map(\.id)), .texts(scores.map(\.predictionID)), try .jsons(scores.map(\.result)),
          .bools(scores.map(\.success)), .texts(scores.map(\.failedReason)), .times(scores.map(\.scoredAt)),
          .ints(scores.map(\.contractID)), .time(bucket.start),
        ]),
    ]
  }

  /// What tells whether the scores of a bucket are still the same rows: how many there are, and the sum of the transactions
  /// that wrote them.
  private struct ScoreStamp: Equatable {
    var count: Int64
    var writers: String
  }

  private static func stamp(_ row: PostgresRow) throws -> ScoreStamp {
    ScoreStamp(count: try row.int(0), writers: try row.text(1))
  }

  static let stampOfPeriod: SQL = """
    SELECT count(*), coalesce(sum(xmin::text::bigint), 0)::text FROM scores WHERE period_start >= $1 AND period_start < $2
    """

  private static func bucket(_ row: PostgresRow) throws -> Bucket? {
    guard let start = try row.timestampIfPresent(0), let end = try row.timestampIfPresent(1) else { return nil }
    return Bucket(start: start, end: end)
  }
}

extension Bucket {
  var parameters: [PostgresParameter] { [.time(start), .time(end)] }
}
