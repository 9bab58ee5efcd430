import Competition
import Postgres

/// Provisional snapshots, seals, and up to where buckets are sealed.
public struct SealStore: Sendable {
  let pool: PostgresPool

  public struct State: Sendable, Hashable {
    /// Start of the first bucket that was ever sealed.
    public var firstPeriod: Timestamp?
    /// Everything before is sealed.
    public var sealedUntil: Timestamp?
  }

  public func state() async throws -> State {
    let row = try await pool.query("SELECT first_period, sealed_until FROM seal_state")[0]
    return State(firstPeriod: try row.timestampIfPresent(0), sealedUntil: try row.timestampIfPresent(1))
  }

  /// Buckets that have scores and are not sealed, ascending.
  public func unsealedBuckets() async throws -> [Timestamp] {
    try await pool.query(Self.unsealed).map { try $0.timestamp(0) }
  }

  /// Hops from bucket to bucket in the index: it costs by the bucket, not by the score.
  static let unsealed: SQL = """
    WITH RECURSIVE bucket AS (
      SELECT min(period_start) AS start FROM scores
      WHERE period_start >= coalesce((SELECT sealed_until FROM seal_state), '-infinity')
      UNION ALL
      SELECT (SELECT min(period_start) FROM scores WHERE period_start > bucket.start)
      FROM bucket WHERE bucket.start IS NOT NULL
    )
    SELECT start FROM bucket WHERE start IS NOT NULL ORDER BY start
    """

  /// Writes the provisional snapshots of a bucket in place of the earlier ones. A sealed bucket stays as it is.
  /// - Parameter claim: writes only while this lease is held. Answers whether it was.
  @discardableResult
  public func replaceProvisional(
    _ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim? = nil
  ) async throws -> Bool {
    try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock_shared($1)", [.int(AdvisoryLock.seal)])
      guard try Self.holds(claim, connection) else { return false }
      try connection.pipeline([
        PostgresQuery(
          "DELETE FROM snapshots WHERE period_start = $1 AND provisional AND NOT model_id = ANY($2)",
          [.time(periodStart), .texts(snapshots.map(\.modelID))]),
        try Self.write(snapshots, isProvisional: true),
      ])
      return true
    }
  }

  /// Puts the scores that are not sealed into buckets of this size, and removes provisional snapshots of another: for a
  /// leader that begins, since `SCORE_INTERVAL_SECONDS` may have changed.
  /// - Parameter claim: does so only while this lease is held. Answers whether it was.
  @discardableResult
  public func rebucket(bucketSeconds: Int, claim: LeaseClaim? = nil) async throws -> Bool {
    // Mostly there is nothing to do; the lock would have all score commits wait for each other.
    let outlook = try await pool.query(
      Self.fits, [.double(Double(bucketSeconds)), .text(claim?.name), .text(claim?.holder)])[0]
    if try outlook.bool(0) { return try outlook.bool(1) }
    return try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.seal)])
      guard try Self.holds(claim, connection) else { return false }
      try connection.pipeline([
        PostgresQuery(Self.moveScores, [.double(Double(bucketSeconds))]),
        PostgresQuery(Self.dropMisfits, [.double(Double(bucketSeconds))]),
      ])
      return true
    }
  }

  private static let claimed: SQL = """
    SELECT 1 FROM leases WHERE name = $1 AND holder = $2 AND expires_at >= clock_timestamp() FOR SHARE
    """

  /// Whether what rests on the lease may be written in this transaction, during which nobody else can take it.
  static func holds(_ claim: LeaseClaim?, _ connection: isolated PostgresConnection) throws -> Bool {
    guard let claim else { return true }
    return try connection.query(claimed, [.text(claim.name), .text(claim.holder)]).count == 1
  }

  /// Whether all scores and snapshots that are not sealed are in buckets of this size, and whether the lease is held.
  static let fits: SQL = """
    SELECT
      NOT EXISTS (
        SELECT 1 FROM scores, seal_state state
        WHERE period_start >= coalesce(state.sealed_until, '-infinity') AND period_start <> greatest(
          date_bin($1 * interval '1 second', period_start, timestamptz '1970-01-01 00:00:00+00'), state.sealed_until))
      AND NOT EXISTS (
        SELECT 1 FROM snapshots s
        WHERE s.provisional AND (
          s.period_end <> date_bin($1 * interval '1 second', s.period_start, timestamptz '1970-01-01 00:00:00+00')
            + $1 * interval '1 second'
          OR NOT EXISTS (SELECT 1 FROM scores WHERE scores.period_start = s.period_start))),
      $2::text IS NULL OR EXISTS (
        SELECT 1 FROM leases WHERE name = $2 AND holder = $3 AND expires_at >= clock_timestamp())
    """

  static let moveScores: SQL = """
    UPDATE scores SET period_start = greatest(
      date_bin($1 * interval '1 second', period_start, timestamptz '1970-01-01 00:00:00+00'), state.sealed_until)
    FROM seal_state state
    WHERE period_start >= coalesce(state.sealed_until, '-infinity') AND period_start <> greatest(
      date_bin($1 * interval '1 second', period_start, timestamptz '1970-01-01 00:00:00+00'), state.sealed_until)
    """

  static let dropMisfits: SQL = """
    DELETE FROM snapshots s
    WHERE s.provisional AND (
      s.period_end <> date_bin($1 * interval '1 second', s.period_start, timestamptz '1970-01-01 00:00:00+00')
        + $1 * interval '1 second'
      OR NOT EXISTS (SELECT 1 FROM scores WHERE scores.period_start = s.period_start))
    """

  static func write(_ snapshots: [Snapshot], isProvisional: Bool) throws -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO snapshots AS known
        (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, meta_jsonb, created_at,
         content_hash, provisional, sealed_at)
      SELECT s.*, $10, CASE WHEN $10 THEN NULL ELSE now() END
      FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::jsonb[], $7::jsonb[],
        $8::timestamptz[], $9::text[])
        AS s (id, model_id, period_start, period_end, n, summary, meta, created_at, content_hash)
      WHERE s.period_start >= coalesce((SELECT sealed_until FROM seal_state), '-infinity')
      ON CONFLICT (id) DO UPDATE
      SET period_start = excluded.period_start, period_end = excluded.period_end,
        prediction_count = excluded.prediction_count, result_summary_jsonb = excluded.result_summary_jsonb,
        meta_jsonb = excluded.meta_jsonb, content_hash = excluded.content_hash, provisional = excluded.provisional,
        sealed_at = excluded.sealed_at
      WHERE known.provisional
      RETURNING id
      """,
      [
        .texts(snapshots.map(\.id)), .texts(snapshots.map(\.modelID)), .times(snapshots.map(\.periodStart)),
        .times(snapshots.map(\.periodEnd)), .ints(snapshots.map { Int64($0.predictionCount) }),
        try .jsons(snapshots.map(\.resultSummary)), try .jsons(snapshots.map(\.meta)),
        .times(snapshots.map(\.createdAt)), .texts(snapshots.map { isProvisional ? nil : $0.contentHash }),
        .bool(isProvisional),
      ])
  }
}
