import Competition
import Logging
import ServiceKit
import ServiceLifecycle
import Store

/// Replays the dead letters that somebody asked for on a page (decision 23). The worker that leads does it; should two
/// believe for a moment that they lead, the second finds the letter resolved.
struct LetterReplays: Service {
  let duty: Duty
  let commands: CommandStore
  let letters: DeadLetterStore
  let logger: Logger

  private static let atOnce = 20

  func run() async throws {
    try await every(.milliseconds(500), logger: logger) {
      if duty.isHeld { try await turn() }
    }
  }

  /// Does what was asked for and is not done.
  func turn() async throws {
    for command in try await commands.open(.replayDeadLetter, limit: Self.atOnce) { try await replay(command) }
  }

  private func replay(_ command: CommandStore.Command) async throws {
    guard let number = Int64(command.target) else {
      return try await commands.finish(id: command.id, state: "failed", result: ["reason": "that is no dead letter"])
    }
    guard let reopened = try await letters.replay(id: number) else {
      return try await commands.finish(
        id: command.id, state: "failed", result: ["reason": "it was resolved already, or was never there"])
    }
    try await commands.finish(id: command.id, state: "done", result: ["reopened": JSON(reopened)])
    logger.notice("dead letter replayed", metadata: ["letter": "\(number)", "predictions": "\(reopened)"])
  }
}
