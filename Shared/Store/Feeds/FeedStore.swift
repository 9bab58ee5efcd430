import Competition
import Postgres

/// Tables `feed_records` and `feed_ingestion_state`.
public struct FeedStore: Sendable {
  let pool: PostgresPool

  /// Stores records and moves the watermarks of their feeds, in one transaction for all feeds that differ in their subjects only.
  /// A record that comes again takes the place of the earlier one; but a closed candle is never replaced by a forming one.
  /// - Parameters:
  ///   - phase: `backfill` or `listen`, kept with the watermark for people.
  ///   - claim: stores only while this lease is held.
  /// - Returns: whether it was.
  @discardableResult
  public func ingest(_ records: [FeedRecord], phase: String, claim: LeaseClaim? = nil) async throws -> Bool {
    for (family, members) in Dictionary(grouping: records, by: \.key.family) {
      var newest: [RecordPlace: FeedRecord] = [:]
      for record in members {
        let place = RecordPlace(subject: record.key.subject, time: record.eventTime)
        if record.isClosed || newest[place]?.isClosed != true { newest[place] = record }
      }
      let unique = newest.values.sorted {
        ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject)
      }
      guard let isOutside = try await store(unique, family, phase, claim) else { return false }
      if isOutside { try await makePartitions(for: unique.map(\.eventTime)) }
    }
    return true
  }

  /// Answers whether a record fits no span of the table yet; nil: the lease is not held.
  private func store(
    _ records: [FeedRecord], _ family: FeedFamily, _ phase: String, _ claim: LeaseClaim?
  ) async throws -> Bool? {
    let queries = [
      Self.lock(Set(records.map(\.key))), try Self.upsert(records, family), Self.moveWatermarks(records, family, phase),
    ]
    while true {
      do {
        guard let claim else { return try await pool.pipeline(queries)[1][0].bool(0) }
        return try await pool.transaction { connection in
          guard try SealStore.holds(claim, connection) else { return nil }
          return try connection.pipeline(queries)[1][0].bool(0)
        }
      } catch let error as PostgresError where error.isOutgrownSpan {
        // The span of a record was made while the record was on its way to the default one.
      }
    }
  }

  /// Where a record of feeds that differ in their subjects belongs.
  private struct RecordPlace: Hashable {
    var subject: String
    var time: Timestamp
  }

  /// One writer of a feed at a time: a row is unique by its id and by its key, and `ON CONFLICT` looks at one of them only.
  /// All who take several locks take them in the same order.
  private static func lock(_ keys: Set<FeedKey>) -> PostgresQuery {
    PostgresQuery(
      """
      SELECT pg_advisory_xact_lock(lock)
      FROM (SELECT DISTINCT hashtextextended(name, 0) AS lock FROM unnest($1::text[]) AS name ORDER BY 1) ordered
      """, [.texts(keys.map { RecordIDs.watermark($0) })])
  }

  /// Answers whether a record fits no span of the table yet.
  private static func upsert(_ records: [FeedRecord], _ family: FeedFamily) throws -> PostgresQuery {
    PostgresQuery(
      """
      WITH stored AS (
        INSERT INTO feed_records AS known
          (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
        SELECT r.id, $1, r.subject, $2, $3, r.ts_event, r.ts_ingested, r.vals, r.meta
        FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::jsonb[], $9::jsonb[])
          AS r (id, subject, ts_event, ts_ingested, vals, meta)
        ON CONFLICT (source, subject, kind, granularity, ts_event) DO UPDATE
        SET values_jsonb = excluded.values_jsonb, meta_jsonb = excluded.meta_jsonb, ts_ingested = excluded.ts_ingested
        WHERE known.kind <> 'candle'
          OR is_closed_candle(excluded.meta_jsonb, excluded.ts_ingested, excluded.ts_event + $10 * interval '1 second')
          OR NOT is_closed_candle(known.meta_jsonb, known.ts_ingested, known.ts_event + $10 * interval '1 second')
        RETURNING known.tableoid)
      SELECT coalesce(bool_or(tableoid = 'feed_records_default'::regclass), false) FROM stored
      """,
      family.parameters + [
        .texts(records.map { RecordIDs.feedRecord($0.key, eventTime: $0.eventTime) }),
        .texts(records.map(\.key.subject)), .times(records.map(\.eventTime)), .times(records.map(\.ingestedTime)),
        try .jsons(records.map(\.values)), try .jsons(records.map(\.meta)),
        .double(Double(Granularity(family.granularity)?.seconds ?? 0)),
      ])
  }

  private static func moveWatermarks(_ records: [FeedRecord], _ family: FeedFamily, _ phase: String) -> PostgresQuery {
    let newest = Dictionary(records.map { ($0.key, $0.eventTime) }, uniquingKeysWith: max)
    let keys = newest.keys.sorted { $0.subject < $1.subject }
    return PostgresQuery(
      """
      INSERT INTO feed_ingestion_state AS state
        (id, source, subject, kind, granularity, last_event_ts, updated_at, meta_jsonb)
      SELECT f.id, $1, f.subject, $2, $3, f.newest, now(), jsonb_build_object('phase', $4)
      FROM unnest($5::text[], $6::text[], $7::timestamptz[]) AS f (id, subject, newest)
      ON CONFLICT (source, subject, kind, granularity) DO UPDATE
      SET last_event_ts = greatest(state.last_event_ts, excluded.last_event_ts), updated_at = now(),
        meta_jsonb = coalesce(state.meta_jsonb, '{}') || excluded.meta_jsonb
      """,
      family.parameters + [
        .text(phase), .texts(keys.map { RecordIDs.watermark($0) }), .texts(keys.map(\.subject)),
        .times(keys.map { newest[$0] }),
      ])
  }

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

  /// What a provider keeps about a feed between two starts, such as the anchor of a replay.
  public func providerState(of key: FeedKey) async throws -> JSONObject {
    try await pool.query(
      """
      SELECT coalesce(meta_jsonb -> 'provider', '{}') FROM feed_ingestion_state
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4
      """, Self.parameters(key)
    ).first?.object(0) ?? [:]
  }

  public func setProviderState(_ state: JSONObject, of key: FeedKey) async throws {
    try await setProviderStates([key: state])
  }

  /// Of several feeds, in one transaction.
  public func setProviderStates(_ states: [FeedKey: JSONObject]) async throws {
    let changes = try states.sorted { RecordIDs.watermark($0.key) < RecordIDs.watermark($1.key) }.map { key, state in
      PostgresQuery(
        """
        INSERT INTO feed_ingestion_state AS state (id, source, subject, kind, granularity, meta_jsonb)
        VALUES ($5, $1, $2, $3, $4, jsonb_build_object('provider', $6::jsonb))
        ON CONFLICT (source, subject, kind, granularity) DO UPDATE
        SET meta_jsonb = coalesce(state.meta_jsonb, '{}') || excluded.meta_jsonb, updated_at = now()
        """, Self.parameters(key) + [.text(RecordIDs.watermark(key)), try .json(state)])
    }
    try await pool.pipeline([Self.lock(Set(states.keys))] + changes)
  }

  private static func parameters(_ key: FeedKey) -> [PostgresParameter] {
    [.text(key.source), .text(key.subject), .text(key.kind.rawValue), .text(key.granularity)]
  }

  private static func record(_ row: PostgresRow, _ key: FeedKey) throws -> FeedRecord {
    FeedRecord(
      key: key, eventTime: try row.timestamp(0), ingestedTime: try row.timestamp(1), values: try row.object(2),
      meta: try row.object(3))
  }
}

extension PostgresError {
  /// Whether a row did not fit the span that it was sent to. No check of the table's own is called like a span.
  fileprivate var isOutgrownSpan: Bool { sqlState == "23514" && constraint == nil }
}

/// Feeds that differ in their subjects only.
struct FeedFamily: Sendable, Hashable {
  var source: String
  var kind: FeedKind
  var granularity: String

  var parameters: [PostgresParameter] { [.text(source), .text(kind.rawValue), .text(granularity)] }
}

extension FeedKey {
  var family: FeedFamily { FeedFamily(source: source, kind: kind, granularity: granularity) }
}
