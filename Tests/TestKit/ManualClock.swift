import Competition
import Synchronization

/// A clock that tests set.
public final class ManualClock: Sendable {
  private let time: Mutex<Timestamp>

  public init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { time = Mutex(start) }

  public var now: Timestamp {
    get { time.withLock { $0 } }
    set { time.withLock { $0 = newValue } }
  }

  public func advance(seconds: Int) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}
