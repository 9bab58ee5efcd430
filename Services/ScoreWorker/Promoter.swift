import Bus
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle

/// Moves tasks whose time has come from the delayed set into `predictions.pending`. Every score worker does it when the next
/// one is due; the move is one script, so that a task is moved once. The leader also looks whether one has come meanwhile that
/// is due sooner; the others do so rarely, so that many idle workers cost no more than one.
struct Promoter: Service {
  let bus: any Bus
  let duty: Duty
  let logger: Logger

  private static let longestPauseOfLeader: Duration = .milliseconds(80)
  private static let longestPause: Duration = .seconds(1)
  /// Cut short when the process drains: it does not wait for Redis then.
  private static let pauseOfOutage: Duration = .milliseconds(500)
  private static let limit = 1_000

  func run() async throws {
    var isFull = false
    var isOut = false
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      guard let promotion = try await promote(again: isOut) else {
        isOut = true
        await rest(Self.pauseOfOutage)
        continue
      }
      isOut = false
      Counter(label: "coordinator_tasks_promoted_total").increment(by: promotion.moved)
      if promotion.hasNoRoom != isFull {
        isFull = promotion.hasNoRoom
        logger.notice(
          isFull
            ? "predictions.pending is full: due tasks wait for room; more score workers would help"
            : "predictions.pending has room again")
      }
      if promotion.moved < Self.limit {
        await rest(Self.pause(untilNextDue: promotion.nextDueIn, isLeader: duty.isHeld))
      }
    }
  }

  /// nil while Redis is away.
  private func promote(again isOut: Bool) async throws -> Promotion? {
    do {
      let promotion = try await bus.promote(limit: Self.limit)
      if isOut { logger.notice("recovered: promote due tasks") }
      return promotion
    } catch {
      guard error.isOutage else { throw error }
      if !isOut { logger.warning("cannot promote due tasks, trying again", metadata: ["cause": "\(error)"]) }
      return nil
    }
  }

  /// A task that is due and had no room is tried again after the longest pause.
  private static func pause(untilNextDue next: Duration?, isLeader: Bool) -> Duration {
    let longest = isLeader ? longestPauseOfLeader : longestPause
    guard let next, next > .zero else { return longest }
    return max(.milliseconds(1), min(next, longest))
  }
}
