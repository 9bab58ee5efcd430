import Competition
import Postgres

/// Table `leaderboards`.
public struct LeaderboardStore: Sendable {
  let pool: PostgresPool

  /// Writes a leaderboard; one with the same id, that is of the same bucket, is replaced. Its meta gets the digest of its
  /// entries.
  /// - Parameter claim: writes only while this lease is held. Answers whether it was.
  @discardableResult
  public func save(_ leaderboard: Leaderboard, claim: LeaseClaim? = nil) async throws -> Bool {
    try await pool.query(
      """
      WITH lease AS (
        SELECT 1 FROM leases WHERE name = $5 AND holder = $6 AND expires_at >= clock_timestamp() FOR SHARE)
      INSERT INTO leaderboards (id, created_at, entries_jsonb, meta_jsonb)
      SELECT $1::text, $2::timestamptz, $3::jsonb,
        $4::jsonb || jsonb_build_object($7::text, encode(sha256(convert_to($3::jsonb::text, 'UTF8')), 'hex'))
      WHERE $5 IS NULL OR EXISTS (SELECT 1 FROM lease)
      ON CONFLICT (id) DO UPDATE
      SET created_at = excluded.created_at, entries_jsonb = excluded.entries_jsonb, meta_jsonb = excluded.meta_jsonb
      """,
      [
        .text(leaderboard.id), .time(leaderboard.createdAt),
        .json(try JSON.array(leaderboard.entries.map(JSON.object)).encoded()), try .json(leaderboard.meta),
        .text(claim?.name), .text(claim?.holder), .text(Leaderboard.digestKey),
      ]
    ).affected == 1
  }

  public func newest() async throws -> Leaderboard? {
    try await pool.query(
      "SELECT id, created_at, entries_jsonb, meta_jsonb FROM leaderboards ORDER BY created_at DESC LIMIT 1"
    ).first.map { row in
      Leaderboard(
        id: try row.text(0), createdAt: try row.timestamp(1),
        entries: try row.value(2).array?.compactMap(\.object) ?? [], meta: try row.object(3))
    }
  }
}
