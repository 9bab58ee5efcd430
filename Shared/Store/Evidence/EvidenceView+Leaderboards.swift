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

  /// Begins to read the snapshots that ended at the horizon of a leaderboard or later, in order of time, with nothing of
  /// their summaries but one field. They come by `nextPoints`.
  public func openPoints(since horizon: Timestamp, field: String) async throws {
    try await connection.query(Self.points, [.time(horizon), .text(field)])
  }

  /// The snapshots that follow; none at the end, and then the reading has ended.
  public func nextPoints() async throws -> [Snapshot] {
    let rows = try await connection.query("FETCH FORWARD 10000 FROM evidenced_points")
    if rows.isEmpty { try await connection.query("CLOSE evidenced_points") }
    return try rows.map { row in
      let end = try row.timestamp(2)
      return Snapshot(
        id: "", modelID: try row.text(0), periodStart: try row.timestamp(1), periodEnd: end,
        predictionCount: Int(try row.int(3)), resultSummary: try row.object(4), createdAt: end)
    }
  }

  static let points: SQL = """
    DECLARE evidenced_points NO SCROLL CURSOR FOR
    SELECT model_id, period_start, period_end, prediction_count::bigint,
      CASE WHEN result_summary_jsonb ? $2 THEN jsonb_build_object($2::text, result_summary_jsonb -> $2) END
    FROM snapshots WHERE period_end >= $1 ORDER BY period_end, id COLLATE "C"
    """

  /// The newest snapshot of each model, whole.
  public func newestSnapshots() async throws -> [Snapshot] {
    try await connection.query(SnapshotStore.newestOfSilentModels, [.time(Span.all.end)]).map(SnapshotStore.snapshot)
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
