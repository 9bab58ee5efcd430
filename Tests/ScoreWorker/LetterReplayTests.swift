import Competition
import Logging
import ServiceKit
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Dead letters that somebody wants replayed", .timeLimit(.minutes(2)))
struct LetterReplayTests {
  @Test("are replayed once, however often that is asked for, and the answer says what came of it")
  func replays() async throws {
    try await ScoreBench.with { bench in
      try await bench.addTask("I1", answers: ["a": 1, "b": -1])
      let key = try #require(
        try await bench.store.predictions.unscored(
          resolvableThrough: Timestamp(seconds: 4_000_000_000), after: nil, limit: 10
        ).first?.key)
      let fields = [(name: "input_id", value: key.inputID), (name: "scope_key", value: key.scopeKey)]
      try await bench.store.deadLetters.bury(
        NewDeadLetter(
          stream: "predictions.pending", entryID: "1-0", kind: "scoring", cause: "raised", fields: fields,
          deliveries: 8,
          worker: "w"), task: key)
      let letter = try #require(try await bench.store.deadLetters.list(limit: 1).first)
      let commands = bench.store.commands
      let action = AdminAction(actor: "operator")
      let asked = try await commands.request(.replayDeadLetter, target: String(letter.id), by: action)
      #expect(asked.state == "pending")
      #expect(try await commands.request(.replayDeadLetter, target: String(letter.id), by: action).id == asked.id)

      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let duty = Duty(
        "test", holder: "w", store: bench.store,
        activity: Activity(name: "w", service: "score-worker", startedAt: .now()),
        logger: logger)
      let replays = LetterReplays(duty: duty, commands: commands, letters: bench.store.deadLetters, logger: logger)
      try await replays.turn()
      let done = try #require(try await commands.command(id: asked.id))
      #expect(done.state == "done" && done.result["reopened"] == 2)
      #expect(try await bench.store.deadLetters.letter(id: letter.id)?.resolution == "replayed")

      let late = try await commands.request(.replayDeadLetter, target: String(letter.id), by: action)
      let nonsense = try await commands.request(.replayDeadLetter, target: "x", by: action)
      try await replays.turn()
      for id in [late.id, nonsense.id] { #expect(try await commands.command(id: id)?.state == "failed") }
      #expect(try await commands.command(id: asked.id) == done)
      #expect(try await commands.open(.replayDeadLetter, limit: 10) == [])
    }
  }
}
