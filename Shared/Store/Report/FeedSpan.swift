import Competition
import Postgres

/// A span of time that feed records lie in.
struct FeedSpan: Sendable, Hashable {
  /// nil: from the beginning of time.
  var start: Timestamp?
  /// Excluded; nil: to the end of time.
  var end: Timestamp?
  /// Of the table that holds just this span: which it is, and how many rows were inserted and deleted there so far. nil
  /// where there is no such table.
  var version: String?

  /// These spans, ascending, and what lies before, between and behind them.
  static func covering(_ tables: [FeedSpan]) -> [FeedSpan] {
    guard let first = tables.first, let last = tables.last else { return [FeedSpan()] }
    var spans = tables
    if let start = first.start { spans.append(FeedSpan(end: start)) }
    for (before, behind) in zip(tables, tables.dropFirst()) where before.end != behind.start {
      spans.append(FeedSpan(start: before.end, end: behind.start))
    }
    if let end = last.end { spans.append(FeedSpan(start: end)) }
    return spans
  }
}

extension ReportStore {
  /// The spans of the table, ascending.
  func feedSpans() async throws -> [FeedSpan] {
    try await pool.query(
      """
      SELECT nullif(starts, '-infinity'), ends, concat_ws(' ', partition::oid, pg_stat_get_tuples_inserted(partition),
        pg_stat_get_tuples_deleted(partition))
      FROM feed_partitions() ORDER BY starts
      """
    ).map { row in
      FeedSpan(start: try row.timestampIfPresent(0), end: try row.timestampIfPresent(1), version: try row.text(2))
    }
  }

  /// What a span holds of each feed, without watermarks. It reads by the parent: the report worker has no rights on the
  /// table of a span.
  func feeds(in span: FeedSpan) async throws -> [ReportFeed] {
    try await pool.query(
      """
      SELECT source, subject, kind, granularity, count(*), min(ts_event), max(ts_event) FROM feed_records
      WHERE ts_event BETWEEN coalesce($1, timestamptz '-infinity') AND coalesce($2, timestamptz 'infinity')
      GROUP BY source, subject, kind, granularity
      """, [.time(span.start), .time(span.end.map { $0.microseconds - 1 })]
    ).map { row in
      ReportFeed(
        source: try row.text(0), subject: try row.text(1), kind: try row.text(2), granularity: try row.text(3),
        recordCount: try row.int(4), oldest: try row.calendarTime(5), newest: try row.calendarTime(6))
    }
  }

  /// How far each feed was taken in; the rest of it is empty.
  func feedWatermarks() async throws -> [ReportFeed] {
    try await pool.query(
      "SELECT source, subject, kind, granularity, last_event_ts, updated_at FROM feed_ingestion_state"
    ).map { row in
      ReportFeed(
        source: try row.text(0), subject: try row.text(1), kind: try row.text(2), granularity: try row.text(3),
        recordCount: 0, oldest: Timestamp.calendar.upperBound, newest: Timestamp.calendar.lowerBound,
        watermark: try row.calendarTimeIfPresent(4), watermarkUpdatedAt: try row.calendarTimeIfPresent(5))
    }
  }
}
