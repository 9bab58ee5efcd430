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

  /// Raises the mark, unless somebody changed it since it was read as `known`. It stays five minutes behind the clock: a
  /// transaction that is open now may still insert a row that is due already.
  public func raise(from known: Timestamp?, to mark: Timestamp) async throws {
    try await pool.query(
      """
      UPDATE sweep_state SET low_water = least($2, clock_timestamp() - interval '5 minutes')
      WHERE low_water = coalesce($1, '-infinity') AND least($2, clock_timestamp() - interval '5 minutes') > low_water
      """, [.time(known?.microseconds), .time(mark.microseconds)])
  }
}
