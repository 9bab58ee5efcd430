import Competition

/// A feed record that was stored, new or with new values.
public struct FeedRecordMessage: BusMessage {
  public static let stream = BusStream.feedRecords
  public static let kind = "feed.record"

  public var record: FeedRecord
  public init(_ record: FeedRecord) { self.record = record }

  public var fields: BusFields {
    let id =
      [record.key.source, record.key.subject, record.key.kind.rawValue, record.key.granularity]
      .joined(separator: "/") + "@" + record.eventTime.iso8601(.z)
    return [
      ("source", record.key.source), ("subject", record.key.subject), ("record_kind", record.key.kind.rawValue),
      ("granularity", record.key.granularity), ("ts_event", record.eventTime.iso8601(.z)),
      ("ts_ingested", record.ingestedTime.iso8601(.z)), ("closed", record.isClosed ? "1" : "0"),
      ("values", JSON.object(record.values).text), ("meta", JSON.object(record.meta).text),
      (TraceParent.field, TraceParent.of(id, step: Self.kind)),
    ]
  }

  public init(_ fields: FieldReader) throws(BusDecodingError) {
    let key = FeedKey(
      source: try fields.text("source"), subject: try fields.text("subject"),
      kind: FeedKind(rawValue: try fields.text("record_kind")), granularity: try fields.text("granularity"))
    record = FeedRecord(
      key: key, eventTime: try fields.time("ts_event"), ingestedTime: try fields.time("ts_ingested"),
      values: try fields.object("values"), meta: try fields.object("meta"))
  }
}
