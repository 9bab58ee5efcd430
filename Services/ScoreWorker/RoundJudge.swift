import Bus
import Competition
import Logging
import ServiceKit
import ServiceLifecycle
import Store

/// Stores the truths of rounds that somebody posted, closes rounds, and ends those whose truth has not come in time
/// (decisions 17 and 23). The worker that leads does it; should two believe for a moment that they lead, the second finds
/// each step done. Scores come by way of `predictions.pending`, as all do.
struct RoundJudge: Service {
  let duty: Duty
  let bus: any Bus
  let commands: CommandStore
  let rounds: RoundStore
  let logger: Logger

  private static let atOnce = 20
  private static let published = 1_000

  func run() async throws {
    try await every(.milliseconds(250), logger: logger) {
      if duty.isHeld { try await turn() }
    }
  }

  /// Does what was asked for and is not done.
  func turn() async throws {
    for command in try await commands.open(.scoreRound, .closeRound, limit: Self.atOnce) {
      do {
        if command.kind == .closeRound { try await close(command) } else { try await score(command) }
      } catch let refusal as RoundStore.Refusal {
        try await commands.finish(id: command.id, state: "failed", result: ["reason": .string(refusal.reason)])
        logger.notice("refused", metadata: ["round": "\(command.target)", "reason": "\(refusal.reason)"])
      }
    }
    for round in try await rounds.overdue() {
      let reason = "no truth was posted by \(round.truthUntil.map { "\($0)" } ?? "its deadline")"
      if let failed = try await rounds.close(id: round.id, reason: reason) {
        logger.warning(
          "round ended without a truth", metadata: ["round": "\(round.id)", "predictions": "\(failed)"])
      }
    }
  }

  /// Makes the predictions due, and is done when all of them have ended.
  private func score(_ command: CommandStore.Command) async throws {
    let posted = try await commands.payload(id: command.id)["ground_truth"]?.array ?? []
    let tasks = try await rounds.postTruth(
      of: command.target, command: command.id, values: posted.map { $0.object ?? [:] })
    if !tasks.isEmpty {
      logger.notice("truth posted", metadata: ["round": "\(command.target)", "rows": "\(tasks.count)"])
      await publish(tasks)
    }
    guard try await rounds.finishScoring(id: command.target) else { return }
    try await commands.finish(id: command.id, state: "done", result: [:])
    logger.notice("round scored", metadata: ["round": "\(command.target)"])
  }

  /// Without Redis the sweep finds them in PostgreSQL.
  private func publish(_ tasks: [PredictionStore.UnscoredTask]) async {
    do {
      for start in stride(from: 0, to: tasks.count, by: Self.published) {
        let part = tasks[start..<min(start + Self.published, tasks.count)]
        try await bus.schedule(part.map { DelayedTask(ScoreTask($0), at: $0.resolvableAt) })
      }
    } catch {
      logger.warning("tasks not scheduled, the sweep will find them", metadata: ["cause": "\(error)"])
    }
  }

  private func close(_ command: CommandStore.Command) async throws {
    let failed = try await rounds.close(id: command.target, reason: "by \(command.actor)") ?? 0
    try await commands.finish(id: command.id, state: "done", result: ["failed": JSON(failed)])
    logger.notice("round closed", metadata: ["round": "\(command.target)", "predictions": "\(failed)"])
  }
}
