import Competition
import Postgres

/// An entry of a leaderboard as reports show it, whatever tool wrote it.
public struct LeaderboardRow: Sendable, Hashable {
  public var createdAt: Timestamp
  public var modelID: String?
  public var modelName: String?
  public var cruncherName: String?
  /// 999,999 where the entry has none.
  public var rank: Int64
  public var metrics: StoredJSON?
  public var ranking: StoredJSON?
}

extension ReportStore {
  /// What tells one state of the newest leaderboard from another, whoever changes it and however.
  public struct LeaderboardVersion: Sendable, Hashable {
    var id: String
    var transaction: Int64
    var place: String
  }

  /// The version of the newest leaderboard, without its entries; nil before the first.
  public func leaderboardVersion() async throws -> LeaderboardVersion? {
    try await pool.query(
      """
      SELECT id, xmin::text::bigint, ctid::text FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1
      """
    ).first.map {
      LeaderboardVersion(id: try $0.text(0), transaction: try $0.int(1), place: try $0.text(2))
    }
  }

  /// The entries of the newest leaderboard by rank, those of equal rank in their order; none before the first.
  /// - Parameter includesEnsembles: whether entries of virtual models are among them.
  public func leaderboard(includesEnsembles: Bool, limit: Int, offset: Int) async throws -> [LeaderboardRow] {
    try await pool.query(
      Self.leaderboard, [.bool(includesEnsembles), .int(Int64(limit)), .int(Int64(offset))]
    ).map { row in
      LeaderboardRow(
        createdAt: try row.calendarTime(0), modelID: row.textIfPresent(1), modelName: row.textIfPresent(2),
        cruncherName: row.textIfPresent(3), rank: try row.int(4), metrics: row.stored(5), ranking: row.stored(6))
    }
  }

  static let leaderboard: SQL = """
    WITH newest AS (
      SELECT created_at, entries_jsonb FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1
    ), entries AS (
      SELECT newest.created_at, entry, place, entry ->> 'model_id' AS model_id,
        CASE
          WHEN jsonb_typeof(entry -> 'rank') = 'number' AND abs((entry ->> 'rank')::numeric) < 1e18
            THEN trunc((entry ->> 'rank')::numeric)::bigint
          WHEN jsonb_typeof(entry -> 'rank') = 'string' AND entry ->> 'rank' ~ '^[0-9]{1,18}$'
            THEN (entry ->> 'rank')::bigint
          ELSE 999999
        END AS rank
      FROM newest CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(entries_jsonb) WHEN 'array' THEN entries_jsonb ELSE '[]' END)
        WITH ORDINALITY AS listed (entry, place)
      WHERE jsonb_typeof(entry) = 'object'
    )
    SELECT created_at, model_id, entry ->> 'model_name', entry ->> 'cruncher_name', rank,
      entry -> 'score' -> 'metrics', entry -> 'score' -> 'ranking'
    FROM entries WHERE $1 OR model_id IS NULL OR NOT starts_with(model_id, '__ensemble_')
    ORDER BY rank, place LIMIT $2 OFFSET $3
    """

  /// A model's rank in the newest leaderboard; nil when it is not there.
  public func rank(of model: String) async throws -> Int64? {
    try await pool.query(
      """
      SELECT trunc((entry ->> 'rank')::numeric)::bigint
      FROM (SELECT entries_jsonb FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1) newest
        CROSS JOIN LATERAL jsonb_array_elements(
          CASE jsonb_typeof(entries_jsonb) WHEN 'array' THEN entries_jsonb ELSE '[]' END) AS listed (entry)
      WHERE entry ->> 'model_id' = $1 AND jsonb_typeof(entry -> 'rank') = 'number'
        AND abs((entry ->> 'rank')::numeric) < 1e18
      LIMIT 1
      """, [.text(model)]
    ).first?.intIfPresent(0)
  }
}
