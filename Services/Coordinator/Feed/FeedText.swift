import Competition
import Store

/// A feed as it is listed.
struct FeedRow {
  let feed: ReportFeed
  let newest: FeedRecord?
  let gaps: Int
  let now: Timestamp

  private var age: Double? { newest.map { now.seconds(since: $0.knownTime) } }
  private var last: Double? { newest.flatMap { $0.values["close"]?.number ?? $0.values["price"]?.number } }

  var cells: [String] {
    [
      feed.source, feed.subject, feed.kind, feed.granularity, last.map { "\($0)" } ?? "-",
      age.map { BackfillText.span(max(0, $0)) } ?? "-", String(feed.recordCount),
      String(feed.oldest.iso8601(.z).prefix(16)),
      String(gaps),
    ]
  }

  var json: JSON {
    .object(
      FeedText.names(feed.key).merging([
        "last": JSON(finite: last), "age_seconds": JSON(finite: age), "record_count": .int(feed.recordCount),
        "oldest_ts": .string(feed.oldest.iso8601(.z)), "newest_ts": .string(feed.newest.iso8601(.z)),
        "watermark_ts": JSON(feed.watermark?.iso8601(.z)), "open_gaps": JSON(gaps),
      ]))
  }
}

/// How records, gaps and findings are written.
enum FeedText {
  static func names(_ key: FeedKey) -> JSONObject {
    [
      "source": .string(key.source), "subject": .string(key.subject), "kind": .string(key.kind.rawValue),
      "granularity": .string(key.granularity),
    ]
  }

  private static func name(_ key: FeedKey) -> String {
    "\(key.source) \(key.subject) \(key.kind.rawValue) \(key.granularity)"
  }

  static func line(_ record: FeedRecord) -> String {
    let values = record.values.map { "\($0.key) \($0.value.text)" }.joined(separator: "  ")
    return "\(record.eventTime.iso8601(.z))  \(name(record.key))  \(values)\(record.isClosed ? "" : "  (forming)")"
  }

  static func json(_ record: FeedRecord) -> JSON {
    .object(
      names(record.key).merging([
        "ts_event": .string(record.eventTime.iso8601(.z)), "ts_ingested": .string(record.ingestedTime.iso8601(.z)),
        "closed": .bool(record.isClosed), "values": .object(record.values), "meta": .object(record.meta),
      ]))
  }

  static func cells(_ gap: FeedGap) -> [String] {
    [
      name(gap.key), gap.from.iso8601(.z), gap.to.iso8601(.z), gap.key.kind == .candle ? String(gap.missing) : "?",
      gap.state.rawValue,
      String(gap.looks),
      gap.reason ?? "",
    ]
  }

  static func json(_ gap: FeedGap) -> JSON {
    .object(
      names(gap.key).merging([
        "id": .int(gap.id), "from_ts": .string(gap.from.iso8601(.z)), "to_ts": .string(gap.to.iso8601(.z)),
        "missing": gap.key.kind == .candle ? .int(gap.missing) : .null,
        "state": .string(gap.state.rawValue), "looks": .int(gap.looks),
        "reason": JSON(gap.reason), "found_at": .string(gap.foundAt.iso8601(.z)),
        "repaired_at": JSON(gap.repairedAt?.iso8601(.z)),
      ]))
  }

  static func cells(_ finding: FeedFinding) -> [String] {
    [
      finding.foundAt?.iso8601(.z) ?? "", name(finding.key), finding.kind.rawValue, finding.eventTime.iso8601(.z),
      finding.detail.map { "\($0.key) \($0.value.text)" }.joined(separator: "  "),
    ]
  }

  static func json(_ finding: FeedFinding) -> JSON {
    .object(
      names(finding.key).merging([
        "finding": .string(finding.kind.rawValue), "ts_event": .string(finding.eventTime.iso8601(.z)),
        "detail": .object(finding.detail), "found_at": JSON(finding.foundAt?.iso8601(.z)),
      ]))
  }
}
