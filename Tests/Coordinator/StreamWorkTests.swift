import Bus
import Competition
import Redis
import Store
import TestKit
import Testing

@Suite("coordinator streams, pause and dlq", .timeLimit(.minutes(3)))
struct StreamWorkTests {
  private static func task(_ input: String) -> ScoreTask {
    let due = Timestamp(seconds: 1_771_000_060)
    return ScoreTask(
      inputID: input, scopeKey: "BTC-60", configID: "CFG", subject: "BTC", performedAt: due.adding(seconds: -60),
      resolvableAt: due)
  }

  private func bus(_ command: Command) throws -> RedisBus {
    RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
  }

  @Test("members of groups are shown with what they have and say, and those that are gone")
  func groups() async throws {
    try await Command.with { command in
      let bus = try bus(command)
      let now = Timestamp(seconds: 1_771_000_000)
      try await bus.publish([Self.task("A"), Self.task("B")])
      for name in ["alive", "gone"] {
        let member = try await bus.consumer(of: ScoreTask.self, name: name, settings: ConsumerSettings())
        _ = try await member.read(count: 1, wait: .zero)
      }
      try await bus.register(
        WorkerNote(
          name: "alive", service: "score-worker", startedAt: now, seenAt: now, state: "working", leads: true, handled: 1
        ),
        expiry: .seconds(600))
      let rows = try await command.run("streams", "groups", "--json").json.first?.array ?? []
      #expect(rows.compactMap { $0["member"]?.string } == ["alive", "gone"])
      #expect(rows.map { $0["lives"] } == [true, false])
      #expect(rows.map { $0["pending"] } == [1, 1])
      #expect(rows.first?["state"] == "working")
      #expect(rows.map { $0["leads"] } == [true, false])
      #expect(rows.map { $0["handled"] } == [1, .null])
      #expect(try await command.run("streams", "groups").text.contains("it is gone"))
    }
  }

  @Test("what happened to entries is counted over all workers that live, per stream")
  func tally() async throws {
    try await Command.with { command in
      let bus = try bus(command)
      let now = Timestamp(seconds: 1_771_000_000)
      for name in ["one", "two"] {
        var tally = WorkTally()
        tally.count(.delivered, 10, of: .predictionsPending)
        tally.count(.reclaimed, 2, of: .predictionsPending)
        tally.count(.republished, 1, of: .predictionsPending)
        try await bus.register(
          WorkerNote(
            name: name, service: "score-worker", startedAt: now, seenAt: now, state: "working", leads: false,
            handled: 10, tally: tally),
          expiry: .seconds(600))
      }
      let streams = try await command.run("streams", "ls", "--json", "--rates").json.first?["streams"]?.array ?? []
      let entries = try #require(streams.first { $0["stream"] == "predictions.pending" }?["entries"])
      #expect(entries["delivered"] == 20 && entries["reclaimed"] == 4 && entries["republished"] == 2)
      #expect(entries["quarantined"] == 0 && entries["added_per_second"]?.number == 0)
      #expect(streams.first { $0["stream"] == "feed.records" }?["entries"]?["delivered"] == 0)
      #expect(try await command.run("streams").text.contains("reclaimed"))
    }
  }

  @Test("entries in work are shown with who has them and how often they were handed out")
  func pending() async throws {
    try await Command.with { command in
      #expect(try await command.run("streams", "pending", "predictions.pending").text.contains("nothing"))
      let bus = try bus(command)
      let member = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await bus.publish([Self.task("A"), Self.task("B")])
      let ids = try await member.read(count: 2, wait: .zero).deliveries.map(\.id.description)
      let rows = try await command.run("streams", "pending", "predictions.pending", "--json").json
      #expect(rows.map { $0["id"]?.string } == ids)
      #expect(rows.map { $0["member"] } == ["one", "one"])
      #expect(rows.map { $0["deliveries"] } == [1, 1])
    }
  }

  @Test("a trim says what it removed, and leaves what is needed")
  func trim() async throws {
    try await Command.with { command in
      let bus = try bus(command)
      let member = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await bus.publish((0..<5).map { Self.task("\($0)") })
      try await member.acknowledge(try await member.read(count: 3, wait: .zero).deliveries.map(\.id))
      let removed = try await command.run("streams", "trim", "predictions.pending", "--json").json.first
      #expect(removed?["removed"] == 3)
      #expect(try await command.run("streams", "trim", "predictions.pending").text.hasPrefix("0 entries"))
      #expect(try await command.run("streams", "trim", "predictions.pending", "--keep", "-1").exitCode == 64)
    }
  }

  @Test("a rebuild publishes what is undone and missing, once")
  func rebuild() async throws {
    try await Command.with { command in
      let store = command.database.store
      try await store.pool.query("INSERT INTO models (id, name) VALUES ('m', 'm')")
      try await store.pool.query("INSERT INTO inputs (id) VALUES ('INP')")
      try await store.pool.query(
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, performed_at, resolvable_at)
        VALUES ('P', 'INP', 'm', 'BTC-60', now() - interval '2 minutes', now() - interval '1 minute')
        """)
      #expect(try await command.run("streams", "rebuild", "--json").json.first?["published"] == 1)
      let again = try await command.run("streams", "rebuild")
      #expect(again.exitCode == 0)
      #expect(again.text.contains("nothing was missing"))
    }
  }

  @Test("a pause is kept, shown with its reason, and ended by resume")
  func pause() async throws {
    try await Command.with { command in
      let paused = try await command.run("pause", "scores.ready", "--reason", "looking into it")
      #expect(paused.exitCode == 0)
      #expect(paused.text.contains("coordinator resume scores.ready"))
      #expect(try await command.run("streams").text.contains("looking into it"))
      let away = try await command.run(
        "streams", variables: ["REDIS_URL": "redis://127.0.0.1:\(try LoopbackPort.free())/0"])
      #expect(away.exitCode == 1)
      #expect(away.text.contains("looking into it") && away.text.contains("Redis is away"))
      #expect(try await command.run("pause", "scores.ready", "--json").json.first?["was_paused"] == true)
      #expect(try await command.database.store.pausedStreams() == ["scores.ready"])
      #expect(try await command.run("resume", "scores.ready").text.contains("goes on"))
      #expect(try await command.run("resume", "scores.ready").text.contains("was not paused"))
      #expect(try await command.run("pause", "scores.done").exitCode == 64)
    }
  }

  @Test("dead letters are listed, shown whole, replayed and discarded, each once")
  func deadLetters() async throws {
    try await Command.with { command in
      #expect(try await command.run("dlq").text == "no dead letters")
      let letters = command.database.store.deadLetters
      for entry in ["1-0", "2-0", "3-0"] {
        try await letters.record([
          NewDeadLetter(
            stream: "predictions.pending", entryID: entry, kind: "decoding", cause: "field v is missing",
            fields: [("input_id", "INP_\(entry)")], deliveries: 1, worker: "w")
        ])
      }
      let listed = try await command.run("dlq", "ls", "--json").json
      #expect(listed.compactMap { $0["entry_id"]?.string } == ["3-0", "2-0", "1-0"])
      let id = try #require(listed.first?["id"]?.int)
      let whole = try await command.run("dlq", "peek", String(id))
      #expect(whole.text.contains("field v is missing") && whole.text.contains("input_id: INP_3-0"))

      #expect(try await command.run("dlq", "discard", String(id)).exitCode == 0)
      let twice = try await command.run("dlq", "discard", String(id), "999999")
      #expect(twice.exitCode == 1)
      #expect(twice.text.contains("discarded already") && twice.text.contains("no dead letter 999999"))
      let replayed = try await command.run("dlq", "replay", "--all", "--json")
      #expect(replayed.exitCode == 0)
      #expect(try replayed.json.map { $0["reopened"] } == [0, 0])
      #expect(try await command.run("dlq").text == "no dead letters")
      #expect(try await command.run("dlq", "ls", "--all", "--json").json.count == 3)
      #expect(try await command.run("dlq", "replay").exitCode == 64)
    }
  }
}
