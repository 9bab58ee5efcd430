import Bus
import Competition
import Logging
import ServiceLifecycle
import Store

/// An error that says whether trying again later can help.
public protocol OutageError: Error {
  /// True when the other side is away or overloaded: nothing is wrong with what was asked.
  var isOutage: Bool { get }
}

extension StoreError: OutageError {}
extension BusError: OutageError {}

/// Does `work`, again and again while PostgreSQL or Redis is away, with a pause that doubles from 50 ms to 5 s. The first
/// failure and the recovery are logged, not each attempt.
/// - Parameter patience: how long an outage is waited out; nil: as long as it lasts.
/// - Throws: `OutageLasts` when patience is at its end, an error that is no outage, as it is; `CancellationError` when the
///   task is cancelled meanwhile.
public func persistently<Result>(
  _ what: String, patience: Duration? = nil, logger: Logger, isolation: isolated (any Actor)? = #isolation,
  _ work: () async throws -> Result
) async throws -> Result {
  var pause = Backoff.first
  var attempts = 0
  var since: Duration?
  while true {
    do {
      let result = try await work()
      if attempts > 0 { logger.notice("recovered: \(what)", metadata: ["attempts": "\(attempts + 1)"]) }
      return result
    } catch let error as any OutageError where error.isOutage {
      try Task.checkCancellation()
      if attempts == 0 { logger.warning("cannot \(what), trying again", metadata: ["cause": "\(error)"]) }
      attempts += 1
      let now = Surrounding.current.uptime
      since = since ?? now
      if let since, let patience, now - since >= patience { throw OutageLasts(what: what, cause: error) }
      try await Surrounding.current.sleep(for: pause * (0.5 + Surrounding.current.chance / 2))
      pause = min(pause * 2, Backoff.longest)
    }
  }
}

/// An outage that went on for longer than somebody was ready to wait.
public struct OutageLasts: Error, CustomStringConvertible {
  public let what: String
  public let cause: any OutageError
  public var description: String { "cannot \(what): \(cause)" }
}

private enum Backoff {
  static let first: Duration = .milliseconds(50)
  static let longest: Duration = .seconds(5)
}

/// Does `work` every `interval` until the process drains. An outage skips a turn; it is logged once.
/// - Throws: an error that is no outage, `CancellationError` when the task is cancelled.
public func every(
  _ interval: Duration, logger: Logger, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Void
) async throws {
  var isOut = false
  while !Task.isShuttingDownGracefully {
    try Task.checkCancellation()
    do {
      try await work()
      if isOut { logger.notice("recovered") }
      isOut = false
    } catch let error as any OutageError where error.isOutage {
      if !isOut { logger.warning("skipping a turn", metadata: ["cause": "\(error)"]) }
      isOut = true
    }
    await rest(interval)
  }
}

/// Waits, but not longer than until the process drains or the task is cancelled.
public func rest(_ duration: Duration) async { await Surrounding.current.rest(for: duration) }
