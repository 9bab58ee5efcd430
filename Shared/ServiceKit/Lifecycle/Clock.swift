import Competition
import Foundation

extension Timestamp {
  /// The machine's clock. Decisions take the time as a value; only the shell around them reads it here.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
