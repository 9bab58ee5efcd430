import Competition
import Postgres
import Store
import TestKit
import Testing

@Suite("Rounds of a tournament")
struct RoundTests {
  private static let limits = RoundLimits(answerSeconds: 60, truthSeconds: 3_600)

  private static func dispatch(_ command: String = "c", models: [String] = ["a", "b"], at time: Timestamp)
    -> RoundStore.Dispatch
  {
    RoundStore.Dispatch(
      inferenceID: command,
      input: Input(id: RecordIDs.input(round: "r", at: time), rawData: ["features": [["x": 1]]], receivedAt: time),
      featureCount: 2, models: models.map(World.model), absences: [], contractID: nil, worker: "w")
  }

  private static func answer(_ row: Int, _ model: String, of round: TournamentRound) -> Prediction {
    Prediction(
      id: "P-\(row)-\(model)", inputID: round.inputID ?? "", modelID: model, configID: nil,
      scopeKey: TournamentRound.scopeKey(round.id, row: row),
      scope: TournamentRound.scope(round.id, row: row, features: ["x": 1]), status: .pending, output: ["value": 0.5],
      performedAt: round.askedAt ?? round.openedAt, resolvableAt: round.askedAt ?? round.openedAt)
  }

  /// A round whose models have answered, asked about an hour ago.
  private static func answered(_ world: World) async throws -> TournamentRound {
    let time = try await world.store.now().adding(seconds: -1_800)
    let round = try await world.store.rounds.begin(id: "r", by: "me", limits: limits, dispatch(at: time))
    for row in 0..<2 {
      try await world.store.rounds.record([answer(row, "a", of: round), answer(row, "b", of: round)], of: "r")
    }
    return try await world.store.rounds.finishAsking(id: "r").round
  }

  private static func command(_ world: World, _ kind: CommandStore.Kind, _ payload: JSONObject) async throws -> String {
    let asked = try await world.store.commands.requestOnce(
      kind, target: "r", payload: payload, by: AdminAction(actor: "me"))
    guard case .command(let command) = asked else { throw NeverHappened(what: "a command") }
    return command.id
  }

  @Test("are opened once, and asked about once, whoever comes first")
  func once() async throws {
    try await TestDatabase.withWorld { world, _ in
      let rounds = world.store.rounds
      let opened = try #require(try await rounds.open(id: "r", by: "me", limits: Self.limits))
      #expect(opened.state == .open && opened.limits == Self.limits && opened.openedBy == "me")
      #expect(try await rounds.open(id: "r", by: "you", limits: RoundLimits()) == nil)
      let time = Timestamp(seconds: 1_771_000_000)
      let first = try await rounds.begin(id: "r", by: "x", limits: RoundLimits(), Self.dispatch("one", at: time))
      let second = try await rounds.begin(id: "r", by: "x", limits: RoundLimits(), Self.dispatch("two", at: time))
      #expect(first == second && first.inferenceID == "one" && first.openedBy == "me")
      #expect(first.state == .asking && first.modelIDs == ["a", "b"] && first.featureCount == 2)
      #expect(first.inputID == "INP_r_20260213_162640")
      #expect(first.deadlineAt == time.adding(seconds: 60) && first.truthUntil == time.adding(seconds: 3_600))
      let never = try await rounds.begin(
        id: "new", by: "x", limits: Self.limits, Self.dispatch("three", at: time.adding(seconds: 1)))
      #expect(never.state == .asking && never.openedBy == "x", "features of a round that nobody opened open it")
    }
  }

  @Test("keep their predictions out of sweeps and seals until the truth is posted, which makes them due")
  func truth() async throws {
    try await TestDatabase.withWorld { world, _ in
      let store = world.store
      let round = try await Self.answered(world)
      #expect(round.state == .answered)
      let far = Timestamp(seconds: 4_000_000_000)
      #expect(try await store.predictions.unscored(resolvableThrough: far, after: nil, limit: 10).isEmpty)
      // A bucket after the round was asked about is sealed while the round waits.
      try await world.addScore("p", due: try await world.minute(ago: 3))
      try await store.sweep.raise(from: nil, to: try await store.now())
      #expect(try await world.sealAll() == [try await world.minute(ago: 3)])

      let before = try await store.now()
      let truths: [JSONObject] = [["value": 1], ["value": 2], ["value": 3]]
      let command = try await Self.command(
        world, .scoreRound, ["ground_truth": .array(truths.map(JSON.object))])
      try await store.rounds.postTruth(of: "r", command: command, values: truths)
      // A row at a time, as in a big round.
      var tasks: [PredictionStore.UnscoredTask] = []
      for _ in 0..<2 {
        let part = try #require(try await store.rounds.makeDue(id: "r", atMost: 2))
        #expect(part.count == 1)
        #expect(try await !store.rounds.finishScoring(id: "r"))
        tasks += part
      }
      #expect(try await store.rounds.makeDue(id: "r") == nil)
      #expect(tasks.map(\.key.scopeKey) == ["r:0", "r:1"])
      #expect(tasks.allSatisfy { $0.resolvableAt >= before })
      let unscored = try await store.predictions.unscored(
        resolvableThrough: far, after: try await store.sweep.lowWater(), limit: 10)
      #expect(Set(unscored) == Set(tasks), "the sweep finds the same tasks")
      #expect(try await store.truths.load(tasks.map(\.key)).map(\.value) == [["value": 1], ["value": 2]])
      #expect(try await store.commands.command(id: command)?.state == "running")

      try await store.rounds.postTruth(of: "r", command: command, values: [["value": 9]])
      #expect(try await store.rounds.makeDue(id: "r") == nil)
      await #expect(throws: RoundStore.Refusal(reason: "the truth of the round r was posted before")) {
        try await store.rounds.postTruth(of: "r", command: "another", values: truths)
      }
      #expect(try await store.truths.load(tasks.map(\.key)).map(\.value) == [["value": 1], ["value": 2]])
      let posted = try await store.rounds.postedTruths(inputIDs: [round.inputID ?? ""])
      #expect(posted[tasks[1].key]?.value == ["value": 2] && posted.count == 2)

      #expect(try await !store.rounds.finishScoring(id: "r"))
      let ids = ["P-0-a", "P-0-b", "P-1-a", "P-1-b"]
      _ = try await store.scores.commit(ids.map { World.scored($0) }, bucketSeconds: 60)
      #expect(try await store.rounds.finishScoring(id: "r"))
      #expect(try await store.rounds.round(id: "r")?.state == .scored)
      let scores = try await store.rounds.scores(inputID: round.inputID ?? "", limit: 3)
      #expect(scores.count == 4 && scores.rows.map(\.predictionID) == Array(ids.prefix(3)))
    }
  }

  @Test("take no truth before all is answered, none that is too short, and none after they are closed")
  func refused() async throws {
    try await TestDatabase.withWorld { world, _ in
      let rounds = world.store.rounds
      _ = try await rounds.open(id: "r", by: "me", limits: Self.limits)
      func reason(_ values: [JSONObject]) async throws -> String {
        do {
          try await rounds.postTruth(of: "r", command: "c", values: values)
          return ""
        } catch let refusal as RoundStore.Refusal { return refusal.reason }
      }
      #expect(try await reason([["y": 1]]) == "the round r has no features yet")
      let time = try await world.store.now()
      _ = try await rounds.begin(id: "r", by: "me", limits: Self.limits, Self.dispatch(at: time))
      #expect(try await reason([["y": 1]]).hasPrefix("models are still asked about the round r, until "))
      _ = try await rounds.finishAsking(id: "r")
      #expect(try await reason([["y": 1]]) == "the round r has 2 rows, and 1 truths were posted")
      #expect(try await rounds.close(id: "r", reason: "by me") == 0)
      #expect(try await rounds.close(id: "r", reason: "again") == nil)
      #expect(try await reason([["y": 1], ["y": 2]]) == "the round r is closed: by me")
    }
  }

  @Test("that are closed leave no prediction without an end, also one that is stored after that")
  func closed() async throws {
    try await TestDatabase.withWorld { world, _ in
      let time = try await world.store.now()
      let rounds = world.store.rounds
      let round = try await rounds.begin(id: "r", by: "me", limits: Self.limits, Self.dispatch(at: time))
      try await rounds.record([Self.answer(0, "a", of: round)], of: "r")
      #expect(try await rounds.close(id: "r", reason: "by me") == 1)
      #expect(try await rounds.record([Self.answer(1, "a", of: round)], of: "r") == 1)
      let rows = try await world.store.pool.query("SELECT status, failed_reason FROM predictions ORDER BY id")
      #expect(try rows.map { try $0.text(0) } == ["FAILED", "FAILED"])
      #expect(try rows[0].text(1) == "the round r ended without a truth: by me")
      #expect(try rows[1].text(1) == "the round r was closed before the answer was stored")
      let findings = try await world.store.audit.findings()
      #expect(findings.filter { $0.promise.contains("round") }.allSatisfy { $0.violations == 0 })
    }
  }

  @Test("that are closed after their truth was posted lose no prediction that is not due yet")
  func closedMeanwhile() async throws {
    try await TestDatabase.withWorld { world, _ in
      let rounds = world.store.rounds
      _ = try await Self.answered(world)
      let command = try await Self.command(world, .scoreRound, ["ground_truth": [["value": 1], ["value": 2]]])
      try await rounds.postTruth(of: "r", command: command, values: [["value": 1], ["value": 2]])
      _ = try await rounds.makeDue(id: "r", atMost: 1)
      #expect(try await rounds.close(id: "r", reason: "by me") == 0)
      let findings = try await world.store.audit.findings()
      #expect(findings.filter { $0.promise.contains("of a round that has ended") }.allSatisfy { $0.violations == 0 })
      #expect(try await rounds.makeDue(id: "r", atMost: 1)?.count == 1)
      _ = try await world.store.scores.commit(
        ["P-0-a", "P-0-b", "P-1-a", "P-1-b"].map { World.scored($0) }, bucketSeconds: 60)
      #expect(try await rounds.finishScoring(id: "r"))
    }
  }

  @Test("whose truth has not come in time are found, by PostgreSQL's clock")
  func overdue() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await Self.answered(world)
      #expect(try await world.store.rounds.overdue().isEmpty)
      try await world.store.pool.query(
        "UPDATE tournament_rounds SET truth_until = clock_timestamp() - interval '1 second'")
      #expect(try await world.store.rounds.overdue().map(\.id) == ["r"])
      try await world.store.pool.query("UPDATE tournament_rounds SET truth_id = 'c'")
      #expect(try await world.store.rounds.overdue().isEmpty, "its truth is there, and scores are on their way")
    }
  }

  @Test("a command with the same words is the same command, also at the same moment, until it has failed")
  func commands() async throws {
    try await TestDatabase.withWorld { world, database in
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try await Self.command(world, .askModels, ["features": [["x": 1]]]) } }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      let commands = database.store.commands
      let action = AdminAction(actor: "me", idempotencyKey: "k")
      let other = try await commands.requestOnce(.askModels, target: "r", payload: ["features": []], by: action)
      guard case .otherWords = other else { throw NeverHappened(what: "other words: \(other)") }
      try await commands.finish(id: ids.first ?? "", state: "failed", result: ["reason": "no model"])
      let again = try await commands.requestOnce(.askModels, target: "r", payload: ["features": []], by: action)
      guard case .command(let made) = again else { throw NeverHappened(what: "\(again)") }
      #expect(!ids.contains(made.id) && made.isOpen)
      let misused = try await commands.requestOnce(.askModels, target: "r", payload: ["features": [1]], by: action)
      guard case .otherRequest = misused else { throw NeverHappened(what: "\(misused)") }
    }
  }
}
