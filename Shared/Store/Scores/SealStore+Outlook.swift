import Competition
import Postgres

extension SealStore {
  /// How far a seal could go now.
  struct Outlook {
    /// End of the last bucket into which nothing can come any more.
    var limit: Timestamp?
    var nextScored: Timestamp?
    var nextEnd: Timestamp?
    var sealedUntil: Timestamp?

    init(_ row: PostgresRow) throws {
      limit = try row.timestampIfPresent(0)
      nextScored = try row.timestampIfPresent(1)
      nextEnd = try row.timestampIfPresent(2)
      sealedUntil = try row.timestampIfPresent(3)
    }

    var isReady: Bool {
      guard let limit else { return false }
      if let nextEnd, nextEnd <= limit { return true }
      // Nothing to aggregate: the mark moves on, so that checkpoints of quiet times are not held up.
      guard let sealedUntil else { return false }
      return limit > sealedUntil && (nextScored.map { $0 >= limit } ?? true)
    }
  }

  static let look: SQL = """
    WITH bucket AS (SELECT $1 * interval '1 second' AS size, timestamptz '1970-01-01 00:00:00+00' AS epoch),
    state AS (SELECT sealed_until FROM seal_state),
    open AS (
      SELECT least(
        clock_timestamp(),
        -- The clock of a recorded feed that is played.
        (SELECT min(last_event_ts) FROM feed_ingestion_state WHERE meta_jsonb -> 'provider' -> 'tape' = 'true'),
        (SELECT min(resolvable_at) FROM prediction_slots
         WHERE answered_at IS NULL AND deadline_at + interval '30 seconds' > clock_timestamp()),
        (SELECT resolvable_at FROM predictions
         WHERE resolvable_at > (SELECT low_water FROM sweep_state) AND status = 'PENDING'
         ORDER BY resolvable_at LIMIT 1)) AS at
    ),
    next AS (
      SELECT min(period_start) AS start FROM scores
      WHERE period_start >= coalesce((SELECT sealed_until FROM state), '-infinity')
    )
    SELECT date_bin(size, open.at, epoch), next.start, date_bin(size, next.start, epoch) + size,
      (SELECT sealed_until FROM state)
    FROM bucket, open, next
    """

  /// The first bucket before the limit that has scores and is not sealed, as start and end. The limit is the start of a
  /// bucket, so that it ends by then.
  static let next: SQL = """
    SELECT start, date_bin($1 * interval '1 second', start, timestamptz '1970-01-01 00:00:00+00')
      + $1 * interval '1 second'
    FROM (
      SELECT min(period_start) AS start FROM scores
      WHERE period_start >= coalesce((SELECT sealed_until FROM seal_state), '-infinity') AND period_start < $2) first
    """
}
