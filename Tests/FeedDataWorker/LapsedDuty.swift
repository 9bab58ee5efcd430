import Store
import Synchronization

@testable import FeedDataWorker

/// The duty of a worker that goes on believing that it leads: PostgreSQL grants what rests on its lease for so many times.
final class LapsedDuty: FeedDuty {
  private let granted: LeaseClaim?
  private let state: Mutex<(isHeld: Bool, grants: Int)>

  /// - Parameter granted: a lease that is held.
  init(of granted: LeaseClaim? = nil, grants: Int = 0) {
    self.granted = granted
    state = Mutex((true, grants))
  }

  var isHeld: Bool { state.withLock { $0.isHeld } }

  var claim: LeaseClaim? {
    state.withLock { state in
      state.grants -= 1
      return state.grants >= 0 ? granted : LeaseClaim(name: "feed-leader:none", holder: "nobody")
    }
  }

  func lost() { state.withLock { $0.isHeld = false } }
}
