import Bus
import Competition
import Postgres
import Redis
import Store
import TestKit
import Testing

@Suite("coordinator audit", .timeLimit(.minutes(3)))
struct AuditCommandTests {
  /// A minute that is long over.
  private static let due = Timestamp(seconds: 1_771_000_020)

  private static func task(_ input: String, due: Timestamp = due) -> ScoreTask {
    ScoreTask(
      inputID: input, scopeKey: "BTC-60", configID: nil, subject: "BTC", performedAt: due.adding(seconds: -60),
      resolvableAt: due)
  }

  /// An input with a prediction of one model.
  private static func add(
    _ input: String, to store: Store, status: PredictionStatus = .pending, reason: String? = nil, due: Timestamp = due
  ) async throws {
    try await store.models.upsert([
      Model(id: "a", name: "a", playerID: "", playerName: "", deploymentIdentifier: "", createdAt: due)
    ])
    let slot = PredictionSlot(
      configID: "CFG-\(input)", subject: "BTC", slot: 1, inputID: input, scopeKey: "BTC-60", scope: ["subject": "BTC"],
      performedAt: due.adding(seconds: -60), resolvableAt: due, deadlineAt: due.adding(seconds: -54))
    let opened = try await store.slots.open(
      Input(id: input, rawData: [:], receivedAt: due.adding(seconds: -60)), slots: [slot], models: [])
    try await store.predictions.record([], closing: opened)
    _ = try await store.predictions.record([
      Prediction(
        id: "PRE-\(input)", inputID: input, modelID: "a", configID: nil, scopeKey: "BTC-60", scope: ["subject": "BTC"],
        status: status, failedReason: reason, output: ["value": 0.5], performedAt: due.adding(seconds: -60),
        resolvableAt: due)
    ])
  }

  private static func addScored(_ input: String, to store: Store, due: Timestamp = due) async throws {
    try await add(input, to: store, due: due)
    _ = try await store.scores.commit(
      [
        .scored(
          Score(
            id: "SCR-\(input)", predictionID: "PRE-\(input)", result: ["value": 0.25], success: true, scoredAt: due))
      ], bucketSeconds: 60, run: ScoreRun(worker: "one"))
  }

  private static func seal(_ store: Store) async throws {
    _ = try await store.seals.sealDue(bucketSeconds: 60, atMost: 10) { (scores, start: Timestamp) in
      let end = start.adding(seconds: 60)
      return scores.map {
        Snapshot(
          id: RecordIDs.snapshot(model: $0.modelID, at: end), modelID: $0.modelID, periodStart: start, periodEnd: end,
          predictionCount: $0.results.count, resultSummary: SnapshotAggregation.summary(of: $0.results), createdAt: end)
      }
    }
  }

  private static func bus(_ command: Command) throws -> RedisBus {
    RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
  }

  /// What the audit finds broken, by invariant and promise.
  private static func broken(_ command: Command, _ arguments: String...) async throws -> [String] {
    let outcome = try await command.run(["audit", "--json", "--settle", "0"] + arguments)
    let report = try #require(try outcome.json.last)
    let broken = (report["findings"]?.array ?? []).filter { ($0["violations"]?.int ?? 0) > 0 }
    #expect(outcome.exitCode == (broken.isEmpty ? 0 : 1))
    #expect(report["holds"]?.bool == broken.isEmpty)
    for finding in broken { #expect(finding["example"]?.string != nil) }
    return broken.map { "\($0["invariant"]?.string ?? "") \($0["promise"]?.string ?? "")" }
  }

  @Test("work in progress breaks no promise, and every invariant that can be checked is named")
  func inProgress() async throws {
    try await Command.with { command in
      let store = command.database.store
      let bus = try Self.bus(command)
      let now = try await store.now()
      // Waiting, in work, unread, and due a moment ago without an entry yet.
      try await Self.add("WAITS", to: store)
      try await bus.schedule([DelayedTask(Self.task("WAITS"), at: now.adding(seconds: 60))])
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await Self.add("WORKS", to: store)
      try await Self.add("UNREAD", to: store)
      try await bus.publish([Self.task("WORKS"), Self.task("UNREAD")])
      _ = try await consumer.read(count: 1, wait: .zero)
      try await Self.add("FRESH", to: store, due: now)
      try await Self.addScored("DONE", to: store)
      try await Self.seal(store)

      #expect(try await Self.broken(command) == [])
      let text = try await command.run("audit").text
      for name in ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11"] { #expect(text.contains(name)) }
      #expect(text.contains("all promises hold"))
      let atRest = try await Self.broken(command, "--at-rest")
      #expect(atRest == ["I1 every prediction has ended, but for those of rounds that wait for their truth"])
    }
  }

  @Test("metrics that the contract names are no part of what scores say; what it does not name is found")
  func metrics() async throws {
    try await Command.with { command in
      let store = command.database.store
      try await Self.addScored("DONE", to: store)
      try await Self.seal(store)
      try await store.pool.query("UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb || '{\"ic\": 0.5}'")
      #expect(try await Self.broken(command) == ["I5 a sealed snapshot is what its stored scores say"])
      var contract = CrunchContract.default
      contract.metrics = ["ic"]
      try await store.contracts.enforce(try await store.contracts.register(contract))
      #expect(try await Self.broken(command) == [])
    }
  }

  @Test("a due prediction that no stream knows is found")
  func lost() async throws {
    try await Command.with { command in
      try await Self.add("LOST", to: command.database.store)
      #expect(
        try await Self.broken(command)
          == ["I1 a due prediction has ended, or is in the streams, or waits there for its time"])
    }
  }

  @Test("an entry that was acknowledged before its effects were committed is found")
  func acknowledged() async throws {
    try await Command.with { command in
      let bus = try Self.bus(command)
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      // Due a moment ago: conservation alone would not mind yet.
      let now = try await command.database.store.now()
      try await Self.add("EARLY", to: command.database.store, due: now)
      try await bus.publish([Self.task("EARLY", due: now)])
      try await consumer.acknowledge(try await consumer.read(count: 1, wait: .zero).deliveries.map(\.id))
      #expect(try await Self.broken(command) == ["I3 an entry that was acknowledged has left nothing undone"])
    }
  }

  /// A change of the rows of a scored and sealed prediction, and what it breaks.
  private struct Damage: CustomTestStringConvertible {
    var promise: String
    var statements: [SQL]
    var testDescription: String { promise }
  }

  private static let damages = [
    Damage(
      promise: "I1 a prediction that failed says why",
      statements: [
        "UPDATE predictions SET status = 'FAILED' WHERE id = 'PRE-OTHER'",
        "DELETE FROM scores WHERE prediction_id = 'PRE-OTHER'",
      ]),
    Damage(
      promise: "I1 every model that was asked has a prediction",
      statements: ["UPDATE prediction_slots SET model_ids = '{a,b}' WHERE input_id = 'DONE'"]),
    Damage(
      promise: "I2 a model has one prediction of an input and scope key",
      statements: [
        "DROP INDEX predictions_once", "UPDATE predictions SET contract_id = 1 WHERE id = 'PRE-DONE'",
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, status, failed_reason, resolvable_at, contract_id)
        SELECT 'TWIN', input_id, model_id, scope_key, 'FAILED', 'late', resolvable_at, 1
        FROM predictions WHERE id = 'PRE-DONE'
        """,
      ]),
    Damage(
      promise: "I2 a prediction has one score when it is SCORED, and else none",
      statements: ["UPDATE predictions SET status = 'FAILED', failed_reason = 'late' WHERE id = 'PRE-DONE'"]),
    Damage(
      promise: "I5 a sealed snapshot is what its stored scores say",
      statements: ["UPDATE snapshots SET result_summary_jsonb = jsonb_build_object('value', 0.26)"]),
    Damage(
      promise: "I6 each score of a sealed bucket is in one snapshot",
      statements: ["DELETE FROM snapshots"]),
    Damage(
      promise: "I6 a sealed snapshot counts the scores of its bucket",
      statements: ["UPDATE snapshots SET prediction_count = prediction_count + 1"]),
    Damage(
      promise: "I6 the snapshots of a model do not overlap",
      statements: [
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
        SELECT 'EARLIER-' || id, model_id, period_start - interval '30 seconds', period_end, 0, '{}', sealed_at FROM snapshots
        """
      ]),
    Damage(
      promise: "I6 checkpoints follow each other without gap or overlap",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[]'), ('C2', '2020-01-03', '2020-01-04', '[]')
        """
      ]),
    Damage(
      promise: "I6 a sealed snapshot is in the checkpoint of its period, and in no other",
      statements: [
        "INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb) VALUES ('C1', '2020-01-01', '2030-01-01', '[]')"
      ]),
    Damage(
      promise: "I6 a checkpoint counts the snapshots that it claimed",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb, meta_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[]', '{"snapshot_count": 7}')
        """
      ]),
    Damage(
      promise: "I6 a checkpoint with a ranking pays out exactly everything",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[{"cruncher_rewards": [{"reward_pct": 999999999}]}]')
        """
      ]),
    Damage(
      promise: "I9 no run ends what another had ended",
      statements: [
        """
        INSERT INTO score_runs (input_id, scope_key, worker, entry_id, deliveries, predictions)
        VALUES ('DONE', 'BTC-60', 'two', '', 1, 1)
        """
      ]),
    Damage(
      promise: "I10 the slots of a config fire in the order of the feed, per subject",
      statements: [
        """
        INSERT INTO prediction_slots (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at,
          resolvable_at, deadline_at, model_ids, answered_at)
        SELECT config_id, subject, slot + 1, input_id, scope_key, scope_jsonb, performed_at - interval '1 second',
          resolvable_at, deadline_at, model_ids, answered_at FROM prediction_slots WHERE input_id = 'DONE'
        """
      ]),
  ]

  @Test("whatever PostgreSQL must never hold is found and named", arguments: damages.indices)
  func damaged(_ index: Int) async throws {
    let damage = Self.damages[index]
    try await Command.with { command in
      let store = command.database.store
      try await Self.addScored("DONE", to: store)
      try await Self.addScored("OTHER", to: store, due: Self.due.adding(seconds: 60))
      try await Self.seal(store)
      // Whatever a check says of rows that are well is an error of the check.
      #expect(try await Self.broken(command, "--at-rest") == [])
      for statement in damage.statements { try await store.pool.query(statement) }
      #expect(try await Self.broken(command).contains(damage.promise))
    }
  }

  @Test("entries that nobody takes over, and entries in work that were trimmed, are found")
  func streams() async throws {
    try await Command.with { command in
      let bus = try Self.bus(command)
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await Self.addScored("OLD", to: command.database.store)
      try await bus.publish([Self.task("OLD")])
      let id = try #require(try await consumer.read(count: 1, wait: .zero).deliveries.first?.id)
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let stream = command.prefix + "predictions.pending"
      try await redis.send(
        RedisCommand("XCLAIM", stream, "score", "one", "0", id.description, "IDLE", "70000", "JUSTID"))
      #expect(
        try await Self.broken(command)
          == ["I4 an entry in work is renewed or taken over within two leases and 5 s"])
      try await redis.send(RedisCommand("XDEL", stream, id.description))
      #expect(try await Self.broken(command).contains("I11 an entry in work is still in its stream"))
    }
  }

  @Test("a stream that outgrew its bound is found")
  func bounds() async throws {
    try await Command.with { command in
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let add = RedisCommand("XADD", command.prefix + "feed.records", "*", "a", "b")
      _ = try await redis.pipeline(Array(repeating: add, count: 30_001))
      #expect(try await Self.broken(command) == ["I7 streams and pending lists are no longer than 30000"])
    }
  }

  @Test("a member of a group that is long dead is found")
  func deadConsumer() async throws {
    try await Command.with { command in
      let bus = try Self.bus(command)
      _ = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      let redis = RedisConnection(try TestRedis.configuration, name: "test")
      let stream = command.prefix + "predictions.pending"
      try await redis.send(RedisCommand("XGROUP", "CREATECONSUMER", stream, "score", "dead"))
      #expect(try await Self.broken(command) == [])
      #expect(
        try await Self.broken(command, "--consumer-grace", "0")
          == ["I8 members of groups are live workers, or have work that others will take over"])
    }
  }

  @Test("a setting that is wrong ends the audit before it looks")
  func wrongSettings() async throws {
    try await Command.with { command in
      let unreadable = try await command.run("audit", variables: ["BUS_LEASE_SECONDS": "soon"])
      #expect(unreadable.exitCode == 78)
      #expect(unreadable.text.contains("BUS_LEASE_SECONDS"))
      let negative = try await command.run("audit", "--settle=-1")
      #expect(negative.exitCode == 64)
    }
  }
}
