import Competition
import Postgres

extension EvidenceView {
  /// How the stored digests of leaderboards fit their entries.
  public struct LeaderboardDigests: Sendable {
    public var checked: Int
    /// Rows of builds that stored none.
    public var without: Int
    /// The earliest that does not fit.
    public var wrong: (id: String, stored: String, recomputed: String)?
  }

  public func leaderboardDigests(_ span: Span) async throws -> LeaderboardDigests {
    let counts = try await connection.query(
      """
      SELECT count(*) FILTER (WHERE meta_jsonb ? $3), count(*) FROM leaderboards
      WHERE created_at > $1 AND created_at <= $2
      """, span.parameters + [.text(Leaderboard.digestKey)])[0]
    let wrong = try await connection.query(
      """
      SELECT id, stored, recomputed FROM (
        SELECT id, created_at, meta_jsonb ->> $3 AS stored,
          encode(sha256(convert_to(entries_jsonb::text, 'UTF8')), 'hex') AS recomputed
        FROM leaderboards WHERE created_at > $1 AND created_at <= $2) l
      WHERE stored <> coalesce(recomputed, '') ORDER BY created_at LIMIT 1
      """, span.parameters + [.text(Leaderboard.digestKey)]
    ).first
    return LeaderboardDigests(
      checked: Int(try counts.int(0)), without: Int(try counts.int(1) - counts.int(0)),
      wrong: try wrong.map { (try $0.text(0), try $0.text(1), $0.textIfPresent(2) ?? "") })
  }

  public func newestLeaderboard() async throws -> Leaderboard? {
    try await connection.query(
      "SELECT id, created_at, entries_jsonb, meta_jsonb FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1"
    ).first.map { row in
      Leaderboard(
        id: try row.text(0), createdAt: try row.timestamp(1),
        entries: try row.value(2).array?.compactMap(\.object) ?? [], meta: try row.object(3))
    }
  }

  /// The snapshots that a leaderboard is made of: those that ended at the horizon or later, and the newest one of each model
  /// that has had none since.
  public func snapshots(since horizon: Timestamp) async throws -> [Snapshot] {
    let silent = try await connection.query(SnapshotStore.newestOfSilentModels, [.time(horizon)])
    let recent = try await connection.query(SnapshotStore.since, [.time(horizon)])
    return try silent.map(SnapshotStore.snapshot) + recent.map(SnapshotStore.snapshot)
  }

  /// When the last score that no seal covers was made, or the last bucket sealed: a leaderboard may lag behind that.
  public func lastChange() async throws -> Timestamp? {
    try await connection.query(
      """
      SELECT greatest(
        (SELECT max(scored_at) FROM scores WHERE period_start >= coalesce(
          (SELECT sealed_until FROM seal_state), '-infinity')),
        (SELECT sealed_at FROM snapshots WHERE sealed_at IS NOT NULL ORDER BY period_end DESC LIMIT 1))
      """
    ).first?.timestampIfPresent(0)
  }
}
