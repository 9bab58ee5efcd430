import Competition
import Postgres

/// A piece of history that is to be fetched, and how far that has come.
public struct BackfillJob: Sendable, Hashable {
  public var id: String
  public var source: String
  public var subject: String
  public var kind: String
  public var granularity: String
  public var start: Timestamp
  public var end: Timestamp
  /// Up to where it is fetched.
  public var cursor: Timestamp?
  public var recordsWritten: Int64
  public var pagesFetched: Int64
  /// `pending`, `running`, `completed`, `failed` or `cancelled`.
  public var status: String
  public var error: String?
  public var destination: BackfillDestination
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.text(0)
    source = try row.text(1)
    subject = try row.text(2)
    kind = try row.text(3)
    granularity = try row.text(4)
    start = try row.calendarTime(5)
    end = try row.calendarTime(6)
    cursor = try row.calendarTimeIfPresent(7)
    recordsWritten = try row.int(8)
    pagesFetched = try row.int(9)
    status = try row.text(10)
    error = row.textIfPresent(11)
    createdAt = try row.calendarTime(12)
    updatedAt = try row.calendarTime(13)
    destination = BackfillDestination(rawValue: try row.text(14)) ?? .parquet
  }

  public var isOpen: Bool { status == "pending" || status == "running" }

  /// The feed that it is about.
  public var key: FeedKey {
    FeedKey(source: source, subject: subject, kind: FeedKind(rawValue: kind), granularity: granularity)
  }

  /// How much of the span is fetched, in percent; 0 before the first page and of an empty span.
  public var progress: Double {
    let span = end.seconds(since: start)
    guard let cursor, span > 0 else { return 0 }
    return min(100, max(0, cursor.seconds(since: start) / span * 100))
  }
}

/// Where fetched history goes.
public enum BackfillDestination: String, Sendable, CaseIterable {
  /// Files `source/subject/kind/granularity/YYYY-MM-DD.parquet`.
  case parquet
  /// Table `feed_records`.
  case records
}

/// What history somebody wants.
public struct BackfillRequest: Sendable, Hashable {
  public var source: String
  public var subject: String
  public var kind: String
  public var granularity: String
  public var start: Timestamp
  public var end: Timestamp
  public var destination: BackfillDestination

  public init(
    source: String, subject: String, kind: String, granularity: String, start: Timestamp, end: Timestamp,
    destination: BackfillDestination = .parquet
  ) {
    self.destination = destination
    self.source = source
    self.subject = subject
    self.kind = kind
    self.granularity = granularity
    self.start = start
    self.end = end
  }

  /// The feed that it is about.
  public var key: FeedKey {
    FeedKey(source: source, subject: subject, kind: FeedKind(rawValue: kind), granularity: granularity)
  }

  var payload: JSONObject {
    [
      "source": .string(source), "subject": .string(subject), "kind": .string(kind),
      "granularity": .string(granularity), "start": .string(start.iso8601(.z)), "end": .string(end.iso8601(.z)),
      "destination": .string(destination.rawValue),
    ]
  }
}
