import Competition
import Store

// What was asked of another process (decision 23).

extension ReportAPI {
  /// How long an answer waits for the worker that does it.
  private static let patience: Duration = .seconds(2)

  /// Waits a moment for a command's end.
  func outcome(of asked: CommandStore.Command) async throws -> CommandStore.Command {
    var command = asked
    let end = ContinuousClock.now + Self.patience
    while command.isOpen, ContinuousClock.now < end, let newer = try await store.commands.command(id: command.id) {
      command = newer
      if command.isOpen { try await Task.sleep(for: .milliseconds(50)) }
    }
    return command
  }
}

extension CommandStore.Command {
  fileprivate var isOpen: Bool { state == "pending" || state == "running" }
}

extension Answer {
  /// A command with its state: 200 when it is done, 202 else.
  init(_ command: CommandStore.Command) {
    self = .object(status: command.isOpen ? .accepted : .ok) { row in
      row.member("id", .string(command.id))
      row.member("state", .string(command.state))
      row.member("result", .object(command.result))
    }
  }
}
