import Competition
import Postgres

extension ReportStore {
  /// What tells one state of the leaderboard from another: a row is replaced while its bucket lasts.
  public struct LeaderboardVersion: Sendable, Hashable {
    public var id: String
    public var createdAt: Timestamp

    public init(id: String, createdAt: Timestamp) {
      self.id = id
      self.createdAt = createdAt
    }
  }

  /// The version of the newest leaderboard, without its entries; nil before the first.
  public func leaderboardVersion() async throws -> LeaderboardVersion? {
    try await pool.query("SELECT id, created_at FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1").first
      .map { LeaderboardVersion(id: try $0.text(0), createdAt: try $0.timestamp(1)) }
  }

  /// The newest leaderboard; nil before the first.
  public func leaderboard() async throws -> Leaderboard? {
    try await pool.query(
      """
      SELECT id, created_at, entries_jsonb, meta_jsonb FROM leaderboards
      ORDER BY created_at DESC, id DESC LIMIT 1
      """
    ).first.map { row in
      Leaderboard(
        id: try row.text(0), createdAt: try row.timestamp(1),
        entries: try row.value(2).array?.compactMap(\.object) ?? [], meta: try row.object(3))
    }
  }
}
