import Competition
import Postgres

/// A checkpoint as reports show it, whatever tool wrote it.
public struct ReportCheckpoint: Sendable {
  public var id: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  /// As it is stored, also when it is none that this build knows.
  public var status: String
  /// The texts of their JSON.
  public var entries: [UInt8]?
  public var meta: [UInt8]?
  public var createdAt: Timestamp
  public var transactionHash: String?
  public var submittedAt: Timestamp?
  /// The text of the first entry; nil when there is none.
  public var emission: [UInt8]?

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.text(0)
    periodStart = try row.timestamp(1)
    periodEnd = try row.timestamp(2)
    status = try row.text(3)
    entries = row.jsonIfPresent(4)
    meta = row.jsonIfPresent(5)
    createdAt = try row.timestamp(6)
    transactionHash = row.textIfPresent(7)
    submittedAt = try row.timestampIfPresent(8)
    emission = row.jsonIfPresent(9)
  }
}
