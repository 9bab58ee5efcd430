import Competition
import Postgres

/// A checkpoint as reports show it, whatever tool wrote it.
public struct ReportCheckpoint: Sendable {
  public var id: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  /// As it is stored, also when it is none that this build knows.
  public var status: String
  public var entries: StoredJSON?
  public var meta: StoredJSON?
  public var createdAt: Timestamp
  public var transactionHash: String?
  public var submittedAt: Timestamp?
  /// The first entry; nil when there is none.
  public var emission: StoredJSON?

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.text(0)
    periodStart = try row.calendarTime(1)
    periodEnd = try row.calendarTime(2)
    status = try row.text(3)
    entries = row.stored(4)
    meta = row.stored(5)
    createdAt = try row.calendarTime(6)
    transactionHash = row.textIfPresent(7)
    submittedAt = try row.calendarTimeIfPresent(8)
    emission = row.stored(9)
  }

  /// The domain's value, for what is computed from checkpoints.
  public var checkpoint: Checkpoint {
    Checkpoint(
      id: id, periodStart: periodStart, periodEnd: periodEnd, status: CheckpointStatus(rawValue: status) ?? .pending,
      entries: entries?.parsed.array ?? [], meta: meta?.parsed.object ?? [:], createdAt: createdAt,
      transactionHash: transactionHash, submittedAt: submittedAt)
  }
}
