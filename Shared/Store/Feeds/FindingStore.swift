import Competition
import Postgres

/// Something odd about a record.
public struct FeedFinding: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The price is far from the one before.
    case outlier
    /// The record is of a time that our clock has not reached, or our clock and the provider's are apart.
    case clockSkew = "clock_skew"
    /// It came after much newer ones.
    case late
    /// What had been told as final was told anew, and differs.
    case revised
  }

  public var key: FeedKey
  public var kind: Kind
  public var eventTime: Timestamp
  public var detail: JSONObject
  /// nil: not stored yet.
  public var foundAt: Timestamp?

  public init(key: FeedKey, kind: Kind, eventTime: Timestamp, detail: JSONObject) {
    self.key = key
    self.kind = kind
    self.eventTime = eventTime
    self.detail = detail
  }
}

/// Table `feed_findings`.
public struct FindingStore: Sendable {
  let pool: PostgresPool

  /// Stores findings; what was found before is not found twice.
  public func add(_ findings: [FeedFinding]) async throws {
    try await pool.query(
      """
      INSERT INTO feed_findings (source, subject, kind, granularity, finding, ts_event, detail_jsonb)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[])
      ON CONFLICT DO NOTHING
      """,
      [
        .texts(findings.map(\.key.source)), .texts(findings.map(\.key.subject)),
        .texts(findings.map(\.key.kind.rawValue)), .texts(findings.map(\.key.granularity)),
        .texts(findings.map(\.kind.rawValue)), .times(findings.map(\.eventTime)), try .jsons(findings.map(\.detail)),
      ])
  }

  /// The newest findings, newest first.
  public func list(limit: Int) async throws -> [FeedFinding] {
    try await pool.query(
      """
      SELECT source, subject, kind, granularity, finding, ts_event, detail_jsonb, found_at FROM feed_findings
      ORDER BY found_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit))]
    ).compactMap { row in
      guard let kind = FeedFinding.Kind(rawValue: try row.text(4)) else { return nil }
      var finding = FeedFinding(
        key: FeedKey(
          source: try row.text(0), subject: try row.text(1), kind: FeedKind(rawValue: try row.text(2)),
          granularity: try row.text(3)),
        kind: kind, eventTime: try row.timestamp(5), detail: try row.object(6))
      finding.foundAt = try row.timestamp(7)
      return finding
    }
  }
}

extension Store {
  public var findings: FindingStore { FindingStore(pool: pool) }
}
