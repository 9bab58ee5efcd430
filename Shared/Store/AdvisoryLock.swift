/// Keys of PostgreSQL's advisory locks, one for each thing that must not happen twice at once.
enum AdvisoryLock {
  static let migration: Int64 = 0x636F_6F72_0001
  /// Score commits hold it shared, a seal holds it alone: no score slips into a bucket that is being sealed.
  static let seal: Int64 = 0x636F_6F72_0002
  static let checkpoint: Int64 = 0x636F_6F72_0003
  /// Inserts of PENDING predictions hold it shared until they are committed, raising the sweep's mark holds it alone.
  static let sweep: Int64 = 0x636F_6F72_0004
  /// Whoever asks for a backfill holds it, so that two at once make one job.
  static let backfill: Int64 = 0x636F_6F72_0005
  /// Whoever asks for something that happens once holds it, so that two at once make one command.
  static let command: Int64 = 0x636F_6F72_0006
  /// Whoever makes or drops spans of feed records holds it.
  static let feedPartitions: Int64 = 0x636F_6F72_0007
}
