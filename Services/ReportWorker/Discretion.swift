import Bus
import Logging
import Store
import Synchronization

/// What anybody may hear of a failure: which server it was, and nothing of what it said, which may name hosts, users and
/// tables. That is for the log, at most once a minute.
final class Discretion: Sendable {
  private let logger: Logger
  private let logged = Mutex<[String: ContinuousClock.Instant]>([:])

  private static let pause: Duration = .seconds(60)

  init(logger: Logger) { self.logger = logger }

  func told(_ error: any Error) -> String {
    let notice = Self.notice(of: error)
    let isNew = logged.withLock { logged in
      let now = ContinuousClock.now
      if let last = logged[notice], now < last + Self.pause { return false }
      logged[notice] = now
      return true
    }
    if isNew { logger.warning("the node could not be looked at", metadata: ["cause": "\(error)"]) }
    return notice
  }

  static func notice(of error: any Error) -> String {
    switch error {
    case is BusError: "Redis did not answer"
    case is StoreError: postgresIsAway
    default: "it could not be looked at"
    }
  }

  static let postgresIsAway = "PostgreSQL did not answer"
}
