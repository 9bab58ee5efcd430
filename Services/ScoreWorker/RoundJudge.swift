import Bus
import Competition
import Logging
import ServiceKit
import ServiceLifecycle
import Store
import Synchronization

/// Stores the truths of rounds that somebody posted, closes rounds, and ends those whose truth has not come in time
/// (decisions 17 and 23). The worker that leads does it; should two believe for a moment that they lead, the second finds
/// each step done. Scores come by way of `predictions.pending`, as all do.
struct RoundJudge: Service {
  let duty: Duty
  let bus: any Bus
  let commands: CommandStore
  let rounds: RoundStore
  let logger: Logger
  /// Predictions of a round that are made due in one turn, about.
  private let dueAtOnce: Int
  private let pace = LookPace()

  private static let page = 100
  private static let published = 1_000

  init(
    duty: Duty, bus: any Bus, commands: CommandStore, rounds: RoundStore, dueAtOnce: Int = 20_000, logger: Logger
  ) {
    self.duty = duty
    self.bus = bus
    self.commands = commands
    self.rounds = rounds
    self.dueAtOnce = dueAtOnce
    self.logger = logger
  }

  func run() async throws {
    try await every(.milliseconds(250), logger: logger) {
      if duty.isHeld { try await turn() }
    }
  }

  /// Does what was asked for and is not done, a part of each round's at a time.
  func turn() async throws {
    var last: CommandStore.Command?
    repeat {
      let page = try await commands.open(.scoreRound, .closeRound, after: last, limit: Self.page)
      for command in page { try await carryOut(command) }
      last = page.count < Self.page ? nil : page.last
    } while last != nil
    for round in try await rounds.overdue() {
      let reason = "no truth was posted by \(round.truthUntil.map { "\($0)" } ?? "its deadline")"
      if let failed = try await rounds.close(id: round.id, reason: reason) {
        logger.warning(
          "round ended without a truth", metadata: ["round": "\(round.id)", "predictions": "\(failed)"])
      }
    }
  }

  private func carryOut(_ command: CommandStore.Command) async throws {
    do {
      if command.kind == .closeRound { try await close(command) } else { try await score(command) }
    } catch let refusal as RoundStore.Refusal {
      try await commands.finish(id: command.id, state: "failed", result: ["reason": .string(refusal.reason)])
      logger.notice("refused", metadata: ["round": "\(command.target)", "reason": "\(refusal.reason)"])
    }
  }

  /// Stores the truth, makes the predictions due, and is done when all of them have ended.
  private func score(_ command: CommandStore.Command) async throws {
    if command.state == "pending" {
      let posted = try await commands.payload(id: command.id)["ground_truth"]?.array ?? []
      try await rounds.postTruth(of: command.target, command: command.id, values: posted.map { $0.object ?? [:] })
      logger.notice("truth posted", metadata: ["round": "\(command.target)", "rows": "\(posted.count)"])
    }
    guard pace.isDue(command.id) else { return }
    if let tasks = try await rounds.makeDue(id: command.target, atMost: dueAtOnce) { return await publish(tasks) }
    // In a big round this looks at many predictions.
    let began = ContinuousClock.now
    let isScored = try await rounds.finishScoring(id: command.target)
    pace.note(command.id, took: isScored ? nil : ContinuousClock.now - began)
    guard isScored else { return }
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

/// Looks at what takes long to look at less often, so that looking takes a twentieth of the time at most.
private final class LookPace: Sendable {
  private let next = Mutex<[String: ContinuousClock.Instant]>([:])

  func isDue(_ id: String) -> Bool { next.withLock { $0[id].map { $0 <= ContinuousClock.now } ?? true } }

  /// - Parameter elapsed: how long a look took; nil when there is nothing more to look at.
  func note(_ id: String, took elapsed: Duration?) {
    next.withLock { $0[id] = elapsed.map { ContinuousClock.now + $0 * 20 } }
  }
}
