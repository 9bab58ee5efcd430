import Competition
import Store

// What somebody asked for and a worker does: /reports/commands.

extension ReportAPI {
  var commandRoutes: [Route] {
    [
      .get(
        "/reports/commands/{id}", "What became of something that was asked for.",
        answers: .json(.named("Command"), "The command: `pending`, `running`, `done` or `failed`."),
        missing: "There is no such command."
      ) { request in
        guard !request.id.hasNUL, let command = try await store.commands.command(id: request.id), command.kind != nil
        else { throw APIError.notFound("Command not found") }
        var answer = command.answer
        answer.status = .ok
        return answer
      }
    ]
  }

  /// Waits a moment for the end of a command.
  func settled(_ command: CommandStore.Command) async throws -> CommandStore.Command {
    var command = command
    let end = ContinuousClock.now + configuration.commandWait
    while command.isOpen, ContinuousClock.now < end, let newer = try await store.commands.command(id: command.id) {
      command = newer
      if command.isOpen { try await Task.sleep(for: .milliseconds(50)) }
    }
    return command
  }
}

extension CommandStore.Command {
  /// 200 when it is done or was refused, 202 before.
  var answer: Answer {
    .object(status: isOpen ? .accepted : .ok) { row in
      row.member("id", .string(id))
      row.member("kind", .string(kind?.rawValue ?? ""))
      row.member("target", .string(target))
      row.member("state", .string(state))
      row.member("result", .object(result))
      row.member("created_at", createdAt.json(.z))
    }
  }
}

extension Operation.AnswerShape {
  static let accepted = json(
    .named("Command"), "It is asked for, and not done yet: GET /reports/commands/{id} tells.", status: .accepted)
}

extension CommandStore.Kind {
  /// What its target is to become.
  var wanted: String {
    switch self {
    case .replayDeadLetter: "replayed"
    case .cancelBackfill: "cancelled"
    case .openRound: "open"
    case .askModels: "answered"
    case .scoreRound: "scored"
    case .closeRound: "closed"
    }
  }
}
