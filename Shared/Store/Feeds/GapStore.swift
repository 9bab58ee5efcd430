import Competition
import Postgres

/// Candles that are missing between two that are there, or a span in which ticks may be.
public struct FeedGap: Sendable, Hashable {
  public var id: Int64
  public var key: FeedKey
  /// The time of the first that is missing; of ticks the first at which one may be.
  public var from: Timestamp
  /// The time of the next that is there; of ticks the last at which one may be missing.
  public var to: Timestamp
  /// How many candles; 0 of ticks: nobody knows.
  public var missing: Int64
  public var state: State
  /// How often the provider was asked for it and had nothing.
  public var looks: Int64
  /// Why it is still there.
  public var reason: String?
  public var foundAt: Timestamp
  public var repairedAt: Timestamp?

  public enum State: String, Sendable, CaseIterable {
    /// It is to be repaired.
    case open
    /// Some or all of it came; what is still missing has a row of its own.
    case repaired
    /// The provider was asked often enough, and has nothing.
    case absent
  }

  init(_ row: PostgresRow) throws {
    id = try row.int(0)
    key = FeedKey(
      source: try row.text(1), subject: try row.text(2), kind: FeedKind(rawValue: try row.text(3)),
      granularity: try row.text(4))
    from = try row.timestamp(5)
    to = try row.timestamp(6)
    missing = try row.int(7)
    state = State(rawValue: try row.text(8)) ?? .open
    looks = try row.int(9)
    reason = row.textIfPresent(10)
    foundAt = try row.timestamp(11)
    repairedAt = try row.timestampIfPresent(12)
  }
}

/// Table `feed_gaps`.
public struct GapStore: Sendable {
  let pool: PostgresPool

  /// Looks through the candles of a feed since a time: what is missing gets a row, and rows of what came meanwhile, however
  /// old, are repaired.
  /// - Parameter firstLookSeconds: until when what is found now is left to whoever is about to fetch it anyway.
  /// - Returns: the time of the newest candle, from which the next look may go on; nil when there is none.
  public func look(
    at key: FeedKey, since: Timestamp, stepSeconds: Int, firstLookSeconds: Double = 0
  ) async throws -> Timestamp? {
    let parameters = Self.parameters(key)
    return try await pool.transaction { connection in
      let touched = try connection.query(
        """
        UPDATE feed_gaps g SET state = 'repaired', repaired_at = clock_timestamp(), reason = NULL
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state <> 'repaired'
          AND EXISTS (
            SELECT FROM feed_records r
            WHERE r.source = $1 AND r.subject = $2 AND r.kind = $3 AND r.granularity = $4
              AND r.ts_event >= g.from_ts AND r.ts_event < g.to_ts)
        RETURNING from_ts
        """, parameters
      ).map { try $0.timestamp(0) }
      let begin = touched.map { $0.adding(seconds: -stepSeconds) }.reduce(since) { min($0, $1) }
      try connection.query(
        """
        INSERT INTO feed_gaps AS known
          (source, subject, kind, granularity, from_ts, to_ts, missing, next_look_at)
        SELECT $1, $2, $3, $4, ts_event + $6 * interval '1 second', next,
          round(extract(epoch FROM next - ts_event)::float8 / $6)::integer - 1,
          clock_timestamp() + $7 * interval '1 second'
        FROM (
          SELECT ts_event, lead(ts_event) OVER (ORDER BY ts_event) AS next FROM feed_records
          WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND ts_event >= $5) r
        WHERE next >= ts_event + 1.5 * $6 * interval '1 second'
        ON CONFLICT (source, subject, kind, granularity, from_ts) WHERE kind = 'candle' DO UPDATE
        SET to_ts = excluded.to_ts, missing = excluded.missing, state = 'open', looks = 0, reason = NULL,
          repaired_at = NULL, next_look_at = excluded.next_look_at
        WHERE known.state = 'repaired'
        """, parameters + [.time(begin), .double(Double(stepSeconds)), .double(firstLookSeconds)])
      return try connection.query(
        """
        SELECT max(ts_event) FROM feed_records
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4
        """, parameters
      ).first?.timestampIfPresent(0)
    }
  }

  /// Gaps of a feed whose time to be asked for has come, the newest first: what somebody may wait for.
  public func due(of key: FeedKey, limit: Int) async throws -> [FeedGap] {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, from_ts, to_ts, missing::bigint, state, looks::bigint, reason,
        found_at, repaired_at
      FROM feed_gaps
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state = 'open'
        AND next_look_at <= clock_timestamp()
      ORDER BY from_ts DESC LIMIT $5
      """, Self.parameters(key) + [.int(Int64(limit))]
    ).map(FeedGap.init)
  }

  /// Notes that a gap was asked for in vain.
  /// - Parameters:
  ///   - counts: whether the provider answered; failures of its do not make a gap absent.
  ///   - nextSeconds: until it is asked for again.
  public func looked(
    at id: Int64, reason: String, counts: Bool, isAbsent: Bool, nextSeconds: Double
  ) async throws {
    try await pool.query(
      """
      UPDATE feed_gaps SET looks = looks + CASE WHEN $3 THEN 1 ELSE 0 END, reason = $2,
        state = CASE WHEN $4 THEN 'absent' ELSE state END, next_look_at = clock_timestamp() + $5 * interval '1 second'
      WHERE id = $1 AND state = 'open'
      """, [.int(id), .text(reason), .bool(counts), .bool(isAbsent), .double(nextSeconds)])
  }

  /// Has gaps asked for at once, also those that were given up.
  public func repair(_ ids: [Int64]) async throws -> Int {
    try await pool.query(
      """
      UPDATE feed_gaps SET state = 'open', looks = 0, reason = NULL, next_look_at = clock_timestamp()
      WHERE id = ANY ($1) AND state <> 'repaired'
      """, [.ints(ids)]
    ).affected
  }

  /// Gaps, the newest first.
  /// - Parameter includesRepaired: whether those that are filled are among them.
  public func list(includesRepaired: Bool, limit: Int) async throws -> [FeedGap] {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, from_ts, to_ts, missing::bigint, state, looks::bigint, reason,
        found_at, repaired_at
      FROM feed_gaps WHERE $1 OR state <> 'repaired' ORDER BY from_ts DESC, id DESC LIMIT $2
      """, [.bool(includesRepaired), .int(Int64(limit))]
    ).map(FeedGap.init)
  }

  /// How many gaps of a feed are to be repaired.
  public func openCount(of key: FeedKey) async throws -> Int {
    Int(
      try await pool.query(
        """
        SELECT count(*) FROM feed_gaps
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state = 'open'
        """, Self.parameters(key)
      ).first?.int(0) ?? 0)
  }

  /// Forgets gaps and findings that are about records of before a time.
  public func forget(before time: Timestamp) async throws {
    try await pool.pipeline([
      PostgresQuery("DELETE FROM feed_gaps WHERE to_ts < $1", [.time(time)]),
      PostgresQuery("DELETE FROM feed_findings WHERE found_at < $1", [.time(time)]),
    ])
  }

  static func parameters(_ key: FeedKey) -> [PostgresParameter] {
    [.text(key.source), .text(key.subject), .text(key.kind.rawValue), .text(key.granularity)]
  }
}

extension Store {
  public var gaps: GapStore { GapStore(pool: pool) }
}
