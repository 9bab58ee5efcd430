import Competition
import Postgres

/// What is stored of feeds.
extension FeedStore {
  /// The time of the newest record ever taken in of this feed; nil before the first.
  public func watermark(of key: FeedKey) async throws -> Timestamp? {
    try await pool.query(
      """
      SELECT last_event_ts FROM feed_ingestion_state
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4
      """, Self.parameters(key)
    ).first?.timestampIfPresent(0)
  }

  /// The newest records, ascending by time. They are looked for near the watermark first: that is in one span of the table or
  /// two, however many there are.
  public func newest(of key: FeedKey, limit: Int) async throws -> [FeedRecord] {
    if let watermark = try await watermark(of: key) {
      let step = Granularity(key.granularity)?.seconds ?? 1
      let near = try await newest(
        of: key, limit: limit, since: watermark.adding(seconds: -max(Self.near, 2 * limit * step)))
      if near.count == limit { return near }
    }
    return try await newest(of: key, limit: limit, since: nil)
  }

  /// Seconds around a time within which a record is looked for first.
  private static let near = 86_400

  private func newest(of key: FeedKey, limit: Int, since start: Timestamp?) async throws -> [FeedRecord] {
    let rows = try await pool.query(
      """
      SELECT ts_event, ts_ingested, values_jsonb, meta_jsonb FROM feed_records
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND ts_event >= coalesce($6, '-infinity')
      ORDER BY ts_event DESC LIMIT $5
      """, Self.parameters(key) + [.int(Int64(limit)), .time(start)])
    return try rows.reversed().map { try Self.record($0, key) }
  }

  public func newest(of key: FeedKey) async throws -> FeedRecord? { try await newest(of: key, limit: 1).first }

  /// The first record after a time.
  public func first(of key: FeedKey, after time: Timestamp) async throws -> FeedRecord? {
    if let near = try await first(of: key, after: time, until: time.adding(seconds: Self.near)) { return near }
    return try await first(of: key, after: time, until: nil)
  }

  private func first(of key: FeedKey, after time: Timestamp, until end: Timestamp?) async throws -> FeedRecord? {
    try await pool.query(
      """
      SELECT ts_event, ts_ingested, values_jsonb, meta_jsonb FROM feed_records
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND ts_event > $5
        AND ts_event <= coalesce($6, 'infinity')
      ORDER BY ts_event LIMIT 1
      """, Self.parameters(key) + [.time(time), .time(end)]
    ).first.map { try Self.record($0, key) }
  }

  /// The records of a span of event times, both ends included, ascending, at most `limit`.
  public func records(
    of key: FeedKey, from: Timestamp, through: Timestamp, limit: Int
  ) async throws -> [FeedRecord] {
    let rows = try await pool.query(
      """
      SELECT ts_event, ts_ingested, values_jsonb, meta_jsonb FROM feed_records
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND ts_event BETWEEN $5 AND $6
      ORDER BY ts_event LIMIT $7
      """, Self.parameters(key) + [.time(from), .time(through), .int(Int64(limit))])
    return try rows.map { try Self.record($0, key) }
  }

  /// The time of the oldest candle since `start` that is not known to be closed; polling fetches again from there.
  public func oldestUnclosed(of key: FeedKey, since start: Timestamp) async throws -> Timestamp? {
    guard key.kind == .candle else { return nil }
    return try await pool.query(
      """
      SELECT ts_event FROM feed_records
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4 AND ts_event >= $5
        AND NOT is_closed_candle(meta_jsonb, ts_ingested, ts_event + $6 * interval '1 second')
      ORDER BY ts_event LIMIT 1
      """, Self.parameters(key) + [.time(start), .double(Double(Granularity(key.granularity)?.seconds ?? 0))]
    ).first?.timestamp(0)
  }

  /// All feeds that were ever taken in, by name.
  public func streams() async throws -> [FeedSummary] {
    try await pool.query(
      """
      SELECT source, subject, kind, granularity, last_event_ts, updated_at, coalesce(meta_jsonb ->> 'phase', '')
      FROM feed_ingestion_state ORDER BY source, subject, kind, granularity
      """
    ).map { row in
      FeedSummary(
        key: FeedKey(
          source: try row.text(0), subject: try row.text(1), kind: FeedKind(rawValue: try row.text(2)),
          granularity: try row.text(3)),
        watermark: try row.timestampIfPresent(4), updatedAt: try row.timestamp(5), phase: try row.text(6))
    }
  }

  private static func record(_ row: PostgresRow, _ key: FeedKey) throws -> FeedRecord {
    FeedRecord(
      key: key, eventTime: try row.timestamp(0), ingestedTime: try row.timestamp(1), values: try row.object(2),
      meta: try row.object(3))
  }
}
