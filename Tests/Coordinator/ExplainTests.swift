import Bus
import Competition
import Store
import TestKit
import Testing

@Suite("coordinator explain", .timeLimit(.minutes(5)))
struct ExplainTests {
  /// A prediction of model `m` on input `INP` that was due a minute ago; its horizon is 0, so that its truth is there.
  private func world(_ command: Command, status: PredictionStatus = .pending) async throws -> Prediction {
    let store = command.database.store
    let at = try await store.now().adding(seconds: -60).floored(toSeconds: 1)
    let model = Model(
      id: "m", name: "momentum", playerID: "p", playerName: "Player", deploymentIdentifier: "d", createdAt: at)
    let slot = PredictionSlot(
      configID: "CFG_001", subject: "BTC", slot: 1, inputID: "INP", scopeKey: "BTC-60", scope: ["subject": "BTC"],
      performedAt: at, resolvableAt: at, deadlineAt: at)
    let won = try await store.slots.open(
      Input(id: "INP", rawData: ["symbol": "BTC"], receivedAt: at), slots: [slot], models: [model],
      worker: "predict-worker@here")
    try await store.predictions.record([], closing: won)
    let prediction = Prediction(
      id: "PRE_m", inputID: "INP", modelID: "m", configID: nil, scopeKey: "BTC-60", scope: ["subject": "BTC"],
      status: status, executionMilliseconds: 12, output: ["value": 0.5], performedAt: at, resolvableAt: at)
    _ = try await store.predictions.record([prediction])
    return prediction
  }

  private func bus(_ command: Command) throws -> RedisBus {
    RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
  }

  private func task(_ prediction: Prediction) -> ScoreTask {
    ScoreTask(
      inputID: prediction.inputID, scopeKey: prediction.scopeKey, configID: prediction.configID, subject: "BTC",
      performedAt: prediction.performedAt, resolvableAt: prediction.resolvableAt)
  }

  private func story(_ command: Command, _ id: String) async throws -> JSON {
    let outcome = try await command.run("explain", id, "--json")
    #expect(outcome.exitCode == 0, "\(outcome.text)")
    return try #require(try outcome.json.first)
  }

  private func score(_ command: Command, _ prediction: Prediction) async throws {
    let score = Score(
      id: RecordIDs.score(predictionID: prediction.id), predictionID: prediction.id, result: ["value": 0.25],
      success: true, scoredAt: try await command.database.store.now())
    _ = try await command.database.store.scores.commit(
      [.scored(score)], bucketSeconds: 60,
      run: ScoreRun(
        worker: "score-worker@there",
        entries: [
          TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey): ScoreRun.Entry(
            id: "1771000000000-7", deliveries: 2)
        ]))
  }

  @Test("a pending prediction is followed through Redis: lost, unread, in work, paused")
  func pending() async throws {
    try await Command.with { command in
      let prediction = try await world(command)
      let bus = try bus(command)
      #expect(try await story(command, prediction.id)["why"]?.string?.contains("Redis does not have its task") == true)
      try await bus.publish([task(prediction)])
      let unread = try await story(command, prediction.id)
      #expect(unread["state"] == "PENDING")
      #expect(unread["why"]?.string?.contains("not taken yet (1 entries are unread)") == true)
      #expect(unread["next"]?.string?.contains("no score worker lives") == true)
      _ = try await command.database.store.pauses.pause("predictions.pending", reason: "looking")
      #expect(try await story(command, prediction.id)["next"]?.string?.contains("paused") == true)
      let member = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      let id = try #require(try await member.read(count: 1, wait: .zero).deliveries.first?.id)
      let inWork = try await story(command, prediction.id)
      #expect(inWork["why"]?.string?.contains("\(id) of predictions.pending is pending on one") == true)
      #expect(inWork["why"]?.string?.contains("delivery 1") == true)
      let entry = try await story(command, id.description)
      #expect(entry["kind"] == "entry")
      #expect(entry["state"] == "in work")
      #expect(entry["facts"]?["input_id"] == "INP")
    }
  }

  @Test("a scored prediction tells its whole life: slot, answer, worker, deliveries, score, and how it goes on")
  func scored() async throws {
    try await Command.with { command in
      let prediction = try await world(command)
      try await score(command, prediction)
      let told = try await story(command, prediction.id)
      let life = told["life"]?.array?.compactMap { $0["what"]?.string }.joined(separator: "\n") ?? ""
      #expect(told["state"] == "SCORED")
      #expect(life.contains("opened by predict-worker@here, 1 models asked"))
      #expect(life.contains("answered after 12 ms"))
      #expect(life.contains("ended on score-worker@there by entry 1771000000000-7, delivery 2"))
      #expect(told["facts"]?["score"] == "0.25")
      #expect(told["next"]?.string?.contains("counts it in a snapshot") == true)
      // By its score, its entry, its input, its worker.
      #expect(try await story(command, "SCR_PRE_m")["id"] == "PRE_m")
      #expect(try await story(command, "1771000000000-7")["state"] == "handled")
      #expect(try await story(command, "INP")["state"] == "done")
      let worker = try await story(command, "score-worker@there")
      #expect(worker["state"] == "gone")
      #expect(worker["facts"]?["commits"]?.string?.hasPrefix("1 of") == true)
      let text = try await command.run("explain", prediction.id).text
      #expect(text.contains("prediction PRE_m: SCORED") && text.contains("momentum"))
    }
  }

  @Test("how old a record may be that stands in is what the contract says that the prediction was asked under")
  func contractInForceThen() async throws {
    try await Command.with { command in
      let store = command.database.store
      let key = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
      var prediction = try await world(command)
      let due = try await store.now().adding(seconds: -1_800).floored(toSeconds: 1)
      // The prices that stand in are a thousand seconds old: by the present contract 360 may be.
      let times = [-2_800, -1_000, 1].map { due.adding(seconds: $0) }
      try await store.feeds.ingest(
        times.map { FeedRecord(key: key, eventTime: $0, ingestedTime: $0, values: ["price": 1]) }, phase: "listen")
      var contract = CrunchContract.default
      contract.maxGroundTruthStalenessFraction = 1
      for (scope, id) in [("then", try await store.contracts.register(contract)), ("now", nil)] {
        prediction.id = "PRE_\(scope)"
        prediction.scopeKey = scope
        prediction.performedAt = due.adding(seconds: -1_800)
        prediction.resolvableAt = due
        prediction.contractID = id
        _ = try await store.predictions.record([prediction])
      }
      #expect(try await story(command, "PRE_then")["why"]?.string?.hasPrefix("it is due") == true)
      let now = try await story(command, "PRE_now")["why"]?.string
      #expect(now?.hasPrefix("its truth will never be known") == true, "\(now ?? "")")
    }
  }

  @Test("what ended with a dead letter names the letter and the command that replays it")
  func buried() async throws {
    try await Command.with { command in
      let prediction = try await world(command)
      let letter = NewDeadLetter(
        stream: "predictions.pending", entryID: "5-0", kind: "refused", cause: "value out of range",
        fields: task(prediction).entry, deliveries: 8, worker: "w")
      try await command.database.store.deadLetters.bury(
        letter, task: TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey))
      let number = try #require(try await command.database.store.deadLetters.list(limit: 1).first?.id)
      let told = try await story(command, prediction.id)
      #expect(told["state"] == "FAILED")
      #expect(told["why"]?.string?.contains("value out of range") == true)
      #expect(told["next"]?.string?.contains("coordinator dlq replay \(number)") == true)
      let letterStory = try await story(command, String(number))
      #expect(letterStory["kind"] == "dead letter")
      #expect(letterStory["facts"]?["predictions"] == "1 FAILED")
      #expect(try await story(command, "5-0")["state"]?.string == "dead letter \(number)")
    }
  }

  @Test("configs, models, feeds, snapshots, checkpoints and leaderboards have their stories")
  func others() async throws {
    try await Command.with { command in
      _ = try await world(command)
      let store = command.database.store
      let seeded = try await store.configs.seed([ScheduledPredictionConfig(id: "", scopeKey: "BTC-60")])
      let config = try #require(seeded.added.first)
      #expect(try await story(command, config)["state"] == "active")
      #expect(try await story(command, "m")["facts"]?["lately"]?.string?.hasPrefix("1 PENDING") == true)

      let key = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
      let at = try await store.now().floored(toSeconds: 1)
      try await store.feeds.ingest(
        [FeedRecord(key: key, eventTime: at, ingestedTime: at, values: ["price": 1])], phase: "listen")
      #expect(try await story(command, RecordIDs.feedRecord(key, eventTime: at))["state"] == "final")
      #expect(try await story(command, "pyth:BTC:tick:1s")["state"] == "listen")

      try await store.pool.query(
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, sealed_at)
        VALUES ('SNAP_m_1', 'm', now() - interval '1 minute', now(), 3, now())
        """)
      #expect(try await story(command, "SNAP_m_1")["next"]?.string?.contains("is sealed: the checkpoint") == true)
      try await store.pool.query(
        "INSERT INTO checkpoints (id, period_start, period_end) VALUES ('CKP_1', now() - interval '1 hour', now())")
      #expect(try await story(command, "CKP_1")["next"]?.string?.contains("/reports/checkpoints/CKP_1/confirm") == true)
      try await store.leaderboards.save(Leaderboard(id: "LBR_1", createdAt: at, entries: []))
      #expect(try await story(command, "LBR_1")["state"] == "newest")
    }
  }

  @Test("an id of nothing is an error, and a server that is away is named while the other tells what it knows")
  func away() async throws {
    try await Command.with { command in
      let prediction = try await world(command)
      let nothing = try await command.run("explain", "PRE_nobody")
      #expect(nothing.exitCode == 1)
      #expect(nothing.text.contains("nothing is known of PRE_nobody"))
      let port = try LoopbackPort.free()
      let redis = try await command.run(
        "explain", prediction.id, variables: ["REDIS_URL": "redis://127.0.0.1:\(port)/0"])
      #expect(redis.exitCode == 1)
      #expect(redis.text.contains("prediction PRE_m: PENDING") && redis.text.contains("REDIS_URL"))
      let bus = try bus(command)
      try await bus.publish([task(prediction)])
      let entry = try #require(try await bus.entries(of: .predictionsPending, after: nil, limit: 1).first)
      let database = try await command.run(
        "explain", entry.id.description, variables: ["DATABASE_URL": "postgres://nobody@127.0.0.1:\(port)/none"])
      #expect(database.exitCode == 1)
      #expect(database.text.contains("unread") && database.text.contains("PostgreSQL"))
    }
  }
}
