import Competition
import Postgres

/// Gaps of ticks. Ticks come when they will, so nobody sees by looking at them that one is missing: whoever takes them in notes
/// the span in which some may be, before anything newer is stored, and notes again when all that the provider has of it is.
extension GapStore {
  /// A span of event times, both ends included, in which records may be missing.
  public typealias Span = ClosedRange<Timestamp>

  /// Notes that ticks of a span may be missing. One that goes on with a gap that is open makes that one longer.
  /// - Parameter nextSeconds: until somebody else than the one who notes it may ask for it.
  public func note(_ span: Span, of key: FeedKey, nextSeconds: Double) async throws {
    try await pool.query(
      """
      WITH longer AS (
        UPDATE feed_gaps SET to_ts = greatest(to_ts, $6)
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state = 'open'
          AND from_ts <= $5 AND to_ts > $5
        RETURNING id)
      INSERT INTO feed_gaps (source, subject, kind, granularity, from_ts, to_ts, missing, next_look_at)
      SELECT $1, $2, $3, $4, $5, $6, 0, clock_timestamp() + $7 * interval '1 second'
      WHERE NOT EXISTS (SELECT FROM longer)
      """,
      Self.parameters(key) + [.time(span.lowerBound), .time(span.upperBound), .double(nextSeconds)])
  }

  /// Parts the open gaps of a feed that begin before a time and end after it: what follows the time is one of its own.
  public func part(at time: Timestamp, of key: FeedKey, nextSeconds: Double) async throws {
    try await pool.query(
      """
      WITH whole AS (
        SELECT id, to_ts FROM feed_gaps
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state = 'open'
          AND from_ts < $5 AND to_ts > $5
        FOR UPDATE),
      first AS (UPDATE feed_gaps g SET to_ts = $5 FROM whole WHERE g.id = whole.id)
      INSERT INTO feed_gaps (source, subject, kind, granularity, from_ts, to_ts, missing, next_look_at)
      SELECT $1, $2, $3, $4, $5, to_ts, 0, clock_timestamp() + $6 * interval '1 second' FROM whole
      """, Self.parameters(key) + [.time(time), .double(nextSeconds)])
  }

  /// Notes that all that the provider has from `start` up to `end` is stored: gaps that begin there are repaired, or begin later.
  /// - Parameters:
  ///   - foundAny: whether anything was missing. A gap in which nothing was is none, and forgotten.
  ///   - nextSeconds: until somebody else may ask for what is left.
  public func filled(
    _ key: FeedKey, from start: Timestamp, through end: Timestamp, foundAny: Bool = true, nextSeconds: Double = 0
  ) async throws {
    let span = Self.parameters(key) + [.time(start), .time(end)]
    var queries = [
      PostgresQuery(
        """
        UPDATE feed_gaps SET looks = 0, reason = NULL, next_look_at = clock_timestamp() + $7 * interval '1 second',
          state = CASE WHEN to_ts <= $6 THEN 'repaired' ELSE state END,
          repaired_at = CASE WHEN to_ts <= $6 THEN clock_timestamp() END,
          from_ts = CASE WHEN to_ts <= $6 THEN from_ts ELSE $6 END
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND kind <> 'candle'
          AND state <> 'repaired' AND from_ts >= $5 AND from_ts < $6
        """, span + [.double(nextSeconds)])
    ]
    if !foundAny {
      let forget = PostgresQuery(
        """
        DELETE FROM feed_gaps
        WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND kind <> 'candle' AND state = 'open'
          AND from_ts >= $5 AND to_ts <= $6
        """, span)
      queries.insert(forget, at: 0)
    }
    try await pool.pipeline(queries)
  }

  /// The open gaps of a feed that touch a span, the oldest first.
  public func open(of key: FeedKey, from start: Timestamp, through end: Timestamp) async throws -> [Span] {
    try await pool.query(
      """
      SELECT from_ts, to_ts FROM feed_gaps
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND state = 'open'
        AND from_ts <= $6 AND to_ts >= $5
      ORDER BY from_ts LIMIT 10000
      """, Self.parameters(key) + [.time(start), .time(end)]
    ).map { row in
      let start = try row.timestamp(0)
      return start...max(start, try row.timestamp(1))
    }
  }
}
