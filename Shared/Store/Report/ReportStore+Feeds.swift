import Competition
import Postgres

/// A feed with what is stored of it.
public struct ReportFeed: Sendable {
  public var source: String
  public var subject: String
  public var kind: String
  public var granularity: String
  public var recordCount: Int64
  public var oldest: Timestamp
  public var newest: Timestamp
  public var watermark: Timestamp?
  public var watermarkUpdatedAt: Timestamp?

  public var key: FeedKey {
    FeedKey(source: source, subject: subject, kind: FeedKind(rawValue: kind), granularity: granularity)
  }
}

/// A record of a feed, as reports show it.
public struct ReportFeedRecord: Sendable {
  public var source: String
  public var subject: String
  public var kind: String
  public var granularity: String
  public var eventTime: Timestamp
  public var ingestedTime: Timestamp
  public var values: StoredJSON?
  public var meta: StoredJSON?
}

/// Which feeds are looked at: an absent part leaves it open.
public struct ReportFeedFilter: Sendable, Hashable {
  public var source: String?
  public var subject: String?
  public var kind: String?
  public var granularity: String?
  public init(source: String? = nil, subject: String? = nil, kind: String? = nil, granularity: String? = nil) {
    self.source = source
    self.subject = subject
    self.kind = kind
    self.granularity = granularity
  }
}

extension ReportStore {
  /// The newest records of the feeds that fit a filter, newest first.
  public func feedTail(_ filter: ReportFeedFilter, limit: Int) async throws -> [ReportFeedRecord] {
    try await pool.query(
      Self.feedTail,
      [
        .text(filter.source), .text(filter.subject), .text(filter.kind), .text(filter.granularity), .int(Int64(limit)),
      ]
    ).map { row in
      ReportFeedRecord(
        source: try row.text(0), subject: try row.text(1), kind: try row.text(2), granularity: try row.text(3),
        eventTime: try row.calendarTime(4), ingestedTime: try row.calendarTime(5), values: row.stored(6),
        meta: row.stored(7))
    }
  }

  /// Walks from one feed's name to the next in the index, instead of over all records, and takes the newest of each feed
  /// that fits, then the newest of these.
  static let feedTail: SQL = """
    WITH RECURSIVE names AS (
      (SELECT source, subject, kind, granularity FROM feed_records ORDER BY 1, 2, 3, 4 LIMIT 1)
      UNION ALL
      SELECT next.* FROM names CROSS JOIN LATERAL (
        SELECT r.source, r.subject, r.kind, r.granularity FROM feed_records r
        WHERE (r.source, r.subject, r.kind, r.granularity)
          > (names.source, names.subject, names.kind, names.granularity)
        ORDER BY 1, 2, 3, 4 LIMIT 1) next
    )
    SELECT tail.* FROM names n CROSS JOIN LATERAL (
      SELECT r.source, r.subject, r.kind, r.granularity, r.ts_event, r.ts_ingested, r.values_jsonb, r.meta_jsonb
      FROM feed_records r
      WHERE (r.source, r.subject, r.kind, r.granularity) = (n.source, n.subject, n.kind, n.granularity)
      ORDER BY r.ts_event DESC LIMIT $5) tail
    WHERE ($1::text IS NULL OR n.source = $1) AND ($2::text IS NULL OR n.subject = $2)
      AND ($3::text IS NULL OR n.kind = $3) AND ($4::text IS NULL OR n.granularity = $4)
    ORDER BY tail.ts_event DESC, tail.source, tail.subject, tail.kind, tail.granularity LIMIT $5
    """
}
