import Bus
import Competition
import Logging
import ServiceKit
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("The truths of rounds", .timeLimit(.minutes(2)))
struct RoundJudgeTests {
  private static func judge(_ bench: ScoreBench, bus: (any Bus)? = nil, dueAtOnce: Int = 1_000) -> RoundJudge {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let duty = Duty("test", holder: "w", store: bench.store, activity: bench.activity, logger: logger)
    return RoundJudge(
      duty: duty, bus: bus ?? bench.bus, commands: bench.store.commands, rounds: bench.store.rounds,
      dueAtOnce: dueAtOnce, logger: logger)
  }

  /// A round of two rows that models `a` and `b` have answered: 1 and 2 about the first, 3 and 4 about the second.
  @discardableResult
  private static func answered(_ bench: ScoreBench, _ id: String = "r") async throws -> TournamentRound {
    let rounds = bench.store.rounds
    let round = try await rounds.begin(
      id: id, by: "me", limits: RoundLimits(answerSeconds: 1, truthSeconds: 86_400),
      .init(
        inferenceID: "i", input: Input(id: "INP_\(id)", rawData: [:], receivedAt: bench.start), featureCount: 2,
        models: ["a", "b"].map(ScoreBench.model), absences: [], contractID: nil, worker: "w"))
    for (index, model) in [(0, "a"), (0, "b"), (1, "a"), (1, "b")] {
      try await rounds.record(
        [
          Prediction(
            id: "P-\(id)-\(index)-\(model)", inputID: "INP_\(id)", modelID: model, configID: nil,
            scopeKey: TournamentRound.scopeKey(id, row: index),
            scope: TournamentRound.scope(id, row: index, features: [:]), status: .pending,
            output: ["value": .double(Double(2 * index + (model == "a" ? 1 : 2)))], performedAt: bench.start,
            resolvableAt: bench.start)
        ], of: id)
    }
    _ = try await rounds.finishAsking(id: id)
    return round
  }

  private static func ask(_ bench: ScoreBench, _ kind: CommandStore.Kind, _ payload: JSONObject) async throws -> String
  {
    guard
      case .command(let command) = try await bench.store.commands.requestOnce(
        kind, target: "r", payload: payload, by: AdminAction(actor: "me"))
    else { throw NeverHappened(what: "a command") }
    return command.id
  }

  private static let truths: JSONObject = ["ground_truth": [["value": 1], ["value": 3]]]

  @Test("make predictions due as tasks like any other, and the command is done when all of them have their score")
  func scored() async throws {
    try await ScoreBench.with { bench in
      _ = try await Self.answered(bench)
      let judge = Self.judge(bench)
      let command = try await Self.ask(bench, .scoreRound, Self.truths)
      try await judge.turn()
      #expect(try await bench.store.commands.command(id: command)?.state == "running")
      let tasks = try await bench.store.predictions.unscored(
        resolvableThrough: Timestamp(seconds: 4_000_000_000), after: nil, limit: 10)
      #expect(try await bench.bus.missing(tasks.map(ScoreTask.init)) == [], "they are published already")
      #expect(try await bench.sweep.run() == 0)
      #expect(try await bench.scorer(SquaredError()).handle(tasks.map(ScoreTask.init)).predictions == 4)
      try await judge.turn()
      #expect(try await bench.store.commands.command(id: command)?.state == "done")
      let scores = try await bench.store.rounds.scores(inputID: "INP_r", limit: 10)
      #expect(scores.rows.map { $0.value?.number } == [0, -1, 0, -1])
      #expect(try await bench.store.rounds.round(id: "r")?.state == .scored)
    }
  }

  @Test("of a big round make predictions due a part at a time, each published, and the words are read once")
  func parts() async throws {
    try await ScoreBench.with { bench in
      try await Self.answered(bench)
      let judge = Self.judge(bench, dueAtOnce: 2)
      let command = try await Self.ask(bench, .scoreRound, Self.truths)
      for part in 1...2 {
        try await judge.turn()
        let due = try await bench.store.pool.query("SELECT count(*) FROM predictions WHERE resolvable_at IS NOT NULL")
        #expect(try due[0].int(0) == Int64(2 * part))
        // What was posted is in ground_truths by now.
        try await bench.store.pool.query("UPDATE commands SET payload_jsonb = '{}'")
      }
      let tasks = try await bench.store.predictions.unscored(
        resolvableThrough: Timestamp(seconds: 4_000_000_000), after: nil, limit: 10)
      #expect(try await bench.bus.missing(tasks.map(ScoreTask.init)) == [])
      #expect(try await bench.scorer(SquaredError()).handle(tasks.map(ScoreTask.init)).predictions == 4)
      try await judge.turn()
      #expect(try await bench.store.commands.command(id: command)?.state == "done")
    }
  }

  @Test("are settled also while many other rounds wait for their scores")
  func manyRounds() async throws {
    try await ScoreBench.with { bench in
      try await Self.answered(bench, "waits")
      try await bench.store.rounds.postTruth(of: "waits", command: "t", values: [["value": 1], ["value": 2]])
      _ = try await bench.store.rounds.makeDue(id: "waits")
      try await bench.store.pool.query(
        """
        INSERT INTO commands (id, kind, target, payload_jsonb, actor, state)
        SELECT 'w' || n, 'round.score', 'waits', '{}', 'me', 'running' FROM generate_series(1, 230) n
        """)
      try await Self.answered(bench)
      let command = try await Self.ask(bench, .scoreRound, Self.truths)
      try await Self.judge(bench).turn()
      #expect(try await bench.store.commands.command(id: command)?.state == "running")
      #expect(try await bench.store.rounds.round(id: "r")?.dueRows == 2)
    }
  }

  @Test("are found by the sweep when they were not published")
  func unpublished() async throws {
    try await ScoreBench.with { bench in
      _ = try await Self.answered(bench)
      _ = try await Self.ask(bench, .scoreRound, Self.truths)
      // Redis that forgets: what is published there is gone.
      try await Self.judge(bench, bus: MemoryBus { bench.start }).turn()
      #expect(try await bench.sweep.run() == 2)
    }
  }

  @Test("that do not fit their round are refused with the reason, and change nothing")
  func refused() async throws {
    try await ScoreBench.with { bench in
      _ = try await Self.answered(bench)
      let command = try await Self.ask(bench, .scoreRound, ["ground_truth": [["value": 1]]])
      try await Self.judge(bench).turn()
      let refused = try #require(try await bench.store.commands.command(id: command))
      #expect(refused.state == "failed")
      #expect(refused.result["reason"] == "the round r has 2 rows, and 1 truths were posted")
      #expect(try await bench.store.rounds.round(id: "r")?.truthID == nil)
    }
  }

  @Test("that do not come in time end their round, and a round that is closed ends at once")
  func ended() async throws {
    try await ScoreBench.with { bench in
      _ = try await Self.answered(bench)
      let judge = Self.judge(bench)
      try await judge.turn()
      #expect(try await bench.store.rounds.round(id: "r")?.state == .answered)
      try await bench.store.pool.query(
        "UPDATE tournament_rounds SET truth_until = clock_timestamp() - interval '1 second'")
      try await judge.turn()
      let round = try #require(try await bench.store.rounds.round(id: "r"))
      #expect(round.state == .closed && round.closedReason?.hasPrefix("no truth was posted by ") == true)
      let rows = try await bench.store.pool.query("SELECT DISTINCT status, failed_reason FROM predictions")
      #expect(rows.count == 1)
      #expect(try rows[0].text(0) == "FAILED")
      #expect(try rows[0].text(1).hasPrefix("the round r ended without a truth: no truth was posted by "))
      let close = try await Self.ask(bench, .closeRound, [:])
      try await judge.turn()
      #expect(try await bench.store.commands.command(id: close)?.result == ["failed": 0])
    }
  }
}
