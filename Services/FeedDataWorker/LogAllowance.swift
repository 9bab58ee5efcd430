/// Decides whether a line goes into the log: so many a minute, and how many did not is told with the next that does. A provider
/// that prints rubbish without end must not fill disks.
struct LogAllowance: Sendable {
  static let perMinute = 20

  private var minute: Int64 = -1
  private var said = 0
  private var unsaid = 0

  /// - Parameter now: on a clock that only goes forward.
  /// - Returns: how many lines were kept back since the last one; nil: this one is, too.
  mutating func take(at now: Duration) -> Int? {
    let present = now.components.seconds / 60
    if present != minute { (minute, said) = (present, 0) }
    guard said < Self.perMinute else {
      unsaid += 1
      return nil
    }
    said += 1
    defer { unsaid = 0 }
    return unsaid
  }
}
