import ServiceKit
import Synchronization

/// Whether more work is due than the workers keep up with, as the reads of this worker's lanes show: all workers read the
/// same stream, so that what one of them finds holds for all.
final class Backlog: Sendable {
  /// On the clock of `Surroundings.uptime`.
  private struct Reads {
    /// The last read that brought all that it had asked for while there was a backlog.
    var full: Duration?
    var short: Duration?
  }

  private let reads = Mutex(Reads())

  /// There is one when no read has come back short for this long …
  private static let patience: Duration = .milliseconds(300)
  /// … and until this long after the last full one: what was read by then is still worked on.
  private static let echo: Duration = .seconds(1)

  /// - Parameter isFull: whether a read brought as many tasks as it had asked for.
  func noteRead(isFull: Bool) {
    let now = Surrounding.current.uptime
    reads.withLock { reads in
      if !isFull {
        reads.short = now
      } else if reads.short.map({ now - $0 > Self.patience }) ?? true {
        reads.full = now
      }
    }
  }

  var isThere: Bool {
    let now = Surrounding.current.uptime
    return reads.withLock { $0.full.map { now - $0 < Self.echo } ?? false }
  }
}
