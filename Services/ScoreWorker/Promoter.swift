import Bus
import Competition
import Logging
import ServiceKit
import ServiceLifecycle

/// Moves tasks whose time has come from the delayed set into `predictions.pending`. Every score worker does it; the move
/// is one script, so that a task is moved once.
struct Promoter: Service {
  let bus: any Bus
  let logger: Logger

  /// A task may become due earlier than all that wait now, so no pause is longer.
  static let longestPause: Duration = .milliseconds(50)

  func run() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let promotion = try await persistently("promote due tasks", logger: logger) {
        try await bus.promote(now: .now(), limit: 1_000)
      }
      if promotion.moved < 1_000 { try await pause(untilNextDue: promotion.nextDue) }
    }
  }

  private func pause(untilNextDue next: Timestamp?) async throws {
    let wait = next.map { Duration.seconds($0.seconds(since: .now())) } ?? Self.longestPause
    await rest(max(.milliseconds(1), min(wait, Self.longestPause)))
  }
}
