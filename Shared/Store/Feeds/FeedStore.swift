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
  static func lock(_ keys: Set<FeedKey>) -> PostgresQuery {
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

  static func parameters(_ key: FeedKey) -> [PostgresParameter] {
    [.text(key.source), .text(key.subject), .text(key.kind.rawValue), .text(key.granularity)]
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
