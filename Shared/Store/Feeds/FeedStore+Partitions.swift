import Competition
import Postgres

// The spans of time that `feed_records` is parted into.
extension FeedStore {
  /// Length of a span in days where nobody says another; the past beyond a year has spans of four weeks.
  public static let partitionDays = 7

  /// A span of the table.
  public struct Partition: Sendable, Hashable {
    public var name: String
    /// nil: from the beginning of time.
    public var start: Timestamp?
    public var end: Timestamp
  }

  /// All spans, ascending. Beside them is a table for what fits none of them.
  public func partitions() async throws -> [Partition] {
    try await pool.query(
      "SELECT partition::text, nullif(starts, '-infinity'), ends FROM feed_partitions() ORDER BY starts"
    ).map { row in
      Partition(name: try row.text(0), start: try row.timestampIfPresent(1), end: try row.timestamp(2))
    }
  }

  /// Makes the spans that hold these times and moves into them what is stored of them already. Answers how many it made.
  /// Times before 2000 or more than 60 days ahead get none: such a record is rather a mistake.
  /// - Parameter days: how long a span of the last year is, 1 to 28.
  @discardableResult
  public func makePartitions(for times: [Timestamp], days: Int = partitionDays) async throws -> Int {
    let dates = Set(times.map { $0.floored(toSeconds: 86_400) })
    return Int(
      try await pool.query(
        "SELECT make_feed_partitions($1, $2::bigint::integer)::bigint", [.times(dates.sorted()), .int(Int64(days))])[0]
        .int(0))
  }

  /// Drops the spans that ended by a time, with all that is in them. Answers how many.
  public func dropPartitions(endingBy time: Timestamp) async throws -> Int {
    Int(try await pool.query("SELECT drop_feed_partitions($1)::bigint", [.time(time)])[0].int(0))
  }

  /// Deletes up to `limit` records older than `time`, the oldest first, and says how many there were.
  /// - Parameter slackSeconds: how much of a span may stay until all of it is old.
  public func deleteOlder(than time: Timestamp, limit: Int, slackSeconds: Int = 0) async throws -> Int {
    Int(
      try await pool.query(
        "SELECT delete_feed_records($1, $2 * interval '1 second', $3::bigint::integer)::bigint",
        [.time(time), .double(Double(slackSeconds)), .int(Int64(limit))])[0]
        .int(0))
  }
}
