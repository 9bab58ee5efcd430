import Competition
import Postgres

/// The mark below which every prediction is finished, so that sweeps need not look there. Inserting a PENDING prediction
/// that is due at or before the mark lowers it, by a trigger: rows of other tools are found as well.
public struct SweepStore: Sendable {
  let pool: PostgresPool

  /// nil before the first sweep.
  public func lowWater() async throws -> Timestamp? {
    try await pool.query("SELECT nullif(low_water, '-infinity') FROM sweep_state")[0].timestampIfPresent(0)
  }

  /// Raises the mark, unless somebody changed it since it was read as `known`, and never above a PENDING prediction. It is
  /// left as it is while a transaction is open that inserted one, since that one can't be seen yet. It stays two minutes
  /// behind the clock, so that answers that come a little late need not lower it again.
  public func raise(from known: Timestamp?, to mark: Timestamp) async throws {
    try await pool.transaction { connection in
      let lock = try connection.query("SELECT pg_try_advisory_xact_lock($1)", [.int(AdvisoryLock.sweep)])
      guard try lock[0].bool(0) else { return }
      try connection.query(Self.raise, [.time(known), .time(mark)])
    }
  }

  static let raise: SQL = """
    UPDATE sweep_state SET low_water = lowest.mark
    FROM (
      SELECT least(
        $2::timestamptz, clock_timestamp() - interval '2 minutes',
        (SELECT resolvable_at - interval '1 microsecond' FROM predictions
         WHERE resolvable_at > (SELECT low_water FROM sweep_state) AND status = 'PENDING'
         ORDER BY resolvable_at LIMIT 1)) AS mark) lowest
    WHERE low_water = coalesce($1::timestamptz, '-infinity') AND lowest.mark > low_water
    """
}
