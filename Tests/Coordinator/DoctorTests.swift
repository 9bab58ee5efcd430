import Competition
import Store
import TestKit
import Testing

@Suite("coordinator doctor", .timeLimit(.minutes(5)))
struct DoctorTests {
  @Test("a Redis that is away is named with its cause, and everything else is looked at all the same")
  func redis() async throws {
    try await Command.with { command in
      let url = "redis://user:secret@127.0.0.1:\(try LoopbackPort.free())/0"
      let report = try await DoctorReport.of(command, ["REDIS_URL": url])
      #expect(report.exitCode == 1)
      #expect(report.texts("redis").contains("Redis is away"), "\(report.findings)")
      #expect(report.wrong("postgres").isEmpty)
      #expect(!report.findings.contains { $0.text.contains("secret") })
      report.expectAllAreas()
    }
  }

  @Test("a PostgreSQL that is away is named with its cause, and everything else is looked at all the same")
  func postgres() async throws {
    try await Command.with { command in
      let url = "postgres://user:secret@127.0.0.1:\(try LoopbackPort.free())/none"
      let report = try await DoctorReport.of(command, ["DATABASE_URL": url])
      #expect(report.exitCode == 1)
      #expect(report.texts("postgres").contains("PostgreSQL cannot be used"), "\(report.findings)")
      #expect(report.wrong("redis").isEmpty)
      #expect(!report.findings.contains { $0.text.contains("secret") })
      report.expectAllAreas()
    }
  }

  @Test("a server that accepts and says nothing costs its check's time, and no other's")
  func silent() async throws {
    try await Command.with { command in
      let server = try TestHTTPServer { _ in .silence }
      defer { server.stop() }
      let report = try await DoctorReport.of(command, ["REDIS_URL": "redis://127.0.0.1:\(server.port)/0"])
      #expect(report.exitCode == 1 && !report.wrong("redis").isEmpty)
      #expect(report.wrong("postgres").isEmpty && report.wrong("environment").isEmpty)
      report.expectAllAreas()
    }
  }

  @Test("a feed without a record, and one whose newest is old, are told apart")
  func feed() async throws {
    try await Command.with { command in
      #expect(try await DoctorReport.of(command).texts("feed").contains("has no record"))
      let key = FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m")
      let now = try await command.database.store.now()
      func record(_ secondsAgo: Int) -> FeedRecord {
        let time = now.adding(seconds: -secondsAgo)
        return FeedRecord(key: key, eventTime: time, ingestedTime: time.adding(seconds: 60), values: ["close": 1])
      }
      try await command.database.store.feeds.ingest([record(3_600)], phase: "listen")
      #expect(try await DoctorReport.of(command).texts("feed").contains("is 59 min old"))
      try await command.database.store.feeds.ingest([record(70)], phase: "listen")
      #expect(try await DoctorReport.of(command).wrong("feed").isEmpty)
    }
  }

  @Test("a contract with a slip, and one whose function is missing, are misconfigured: 78 with line and reason")
  func contract() async throws {
    try await Command.with { command in
      try await command.withFile("windws: {}\n") { path in
        let report = try await DoctorReport.of(command, ["CRUNCH_CONTRACT": path])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("\(path):1:1: windws: is not known here"), "\(report.findings)")
        report.expectAllAreas()
      }
      try await command.withFile("callables: {scoring: \"not_there:score\"}\n") { path in
        let report = try await DoctorReport.of(command, ["CRUNCH_CONTRACT": path, "MODEL_PYTHON": "python3"])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("No module named 'not_there'"), "\(report.findings)")
      }
      try await command.withFile("callables: {build_emission: \"math:floor\", aggregate_snapshot: builtin:median}\n") {
        path in
        let report = try await DoctorReport.of(command, ["CRUNCH_CONTRACT": path, "MODEL_PYTHON": "python3"])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("math:floor cannot be used for build_emission"), "\(report.findings)")
        #expect(report.wrong("contract").count == 1)
      }
    }
  }

  @Test("a misspelt, a doubled, a silenced and a wrong variable are named")
  func environment() async throws {
    try await Command.with { command in
      let report = try await DoctorReport.of(
        command,
        [
          "FEED_SUBJCTS": "BTC", "FEED_ASSETS": "ETH", "POSTGRES_HOST": "elsewhere", "CRUNCH_CONFIG_MODULE": "a:B",
          "CHECKPOINT_INTERVAL_SECONDS": "30", "REPORT_PORT": "many",
        ])
      #expect(report.exitCode == 78, "a wrong variable is what workers refuse")
      let texts = report.texts("environment")
      #expect(texts.contains("it looks like FEED_SUBJECTS, misspelt"), "\(texts)")
      #expect(texts.contains("FEED_SUBJECTS and FEED_ASSETS are both set"))
      #expect(texts.contains("DATABASE_URL makes POSTGRES_HOST ineffective"))
      #expect(texts.contains("CRUNCH_CONFIG_MODULE is set, and nobody reads it"))
      #expect(texts.contains("CHECKPOINT_INTERVAL_SECONDS is shorter than SCORE_INTERVAL_SECONDS"))
      #expect(texts.contains("REPORT_PORT is wrong"))
    }
  }

  @Test("a database without schema is told with what makes it")
  func schema() async throws {
    try await Command.with(.nothing) { command in
      let report = try await DoctorReport.of(command)
      #expect(report.exitCode == 1 && report.texts("schema").contains("coordinator db migrate"))
      report.expectAllAreas()
    }
  }

  @Test("streams that nobody reads, a pause and a dead letter are found")
  func streams() async throws {
    try await Command.with { command in
      _ = try await command.database.store.pauses.pause("scores.ready", reason: "on purpose")
      let texts = try await DoctorReport.of(command).texts("streams")
      #expect(texts.contains("predictions.pending has no group score"), "\(texts)")
      #expect(texts.contains("no score-worker runs") && texts.contains("no feed-data-worker runs"))
      #expect(texts.contains("scores.ready is paused") && texts.contains("on purpose"))
    }
  }

  @Test("an orchestrator that is away, a model that cannot be set up, and one that fails all it is asked are found")
  func models() async throws {
    try await Command.with { command in
      #expect(try await DoctorReport.of(command).texts("models").contains("cannot be reached"))
      try await LocalOrchestrator.with(["good": "return {'value': 1}", "lost": "return {'value': 1}"]) { orchestrator in
        try "import tracker\n".write(
          toFile: orchestrator.folder + "/lost/main.py", atomically: true, encoding: .utf8)
        let variables = [
          "MODEL_RUNNER_NODE_PORT": String(orchestrator.port), "CRUNCH_ID": "test",
          "MODEL_BASE_CLASSNAME": "tracker.TrackerBase",
        ]
        try await waitUntil("the good model is announced and the other refused") {
          let texts = try await DoctorReport.of(command, variables).texts("models")
          return texts.contains("lost at") && texts.contains("No Inherited class") && !texts.contains("good")
        }
        try await Self.failAll(of: "good", in: command.database.store)
        let texts = try await DoctorReport.of(command, variables).texts("models")
        #expect(texts.contains("good failed all of its 1 newest predictions: broken on purpose"), "\(texts)")
      }
    }
  }

  private static func failAll(of model: String, in store: Store) async throws {
    let now = try await store.now()
    let slot = PredictionSlot(
      configID: "CFG", subject: "BTC", slot: 1, inputID: "INP", scopeKey: "S", scope: [:], performedAt: now,
      resolvableAt: now.adding(seconds: 60), deadlineAt: now.adding(seconds: 1))
    let opened = try await store.slots.open(
      Input(id: "INP", rawData: [:], receivedAt: now), slots: [slot],
      models: [
        Model(
          id: model, name: model, playerID: "", playerName: "", deploymentIdentifier: "", createdAt: now)
      ])
    let prediction = Prediction(
      id: "PRE", inputID: "INP", modelID: model, configID: nil, scopeKey: "S", scope: [:], status: .failed,
      failedReason: "broken on purpose", performedAt: now, resolvableAt: now.adding(seconds: 60))
    try await store.predictions.record([prediction], closing: opened)
  }

  @Test("a machine whose clock is wrong is told by the command: by how much, against which server, and what to do")
  func wrongClock() async throws {
    try await Command.with { command in
      for (seconds, direction) in [(120, "ahead of"), (-120, "behind")] {
        let clock = try #require(try await ShiftedClock.variables(seconds: seconds), "no C compiler is here")
        let report = try await DoctorReport.of(command, clock.mapValues { $0 })
        #expect(report.exitCode == 1)
        for server in ["PostgreSQL", "Redis"] {
          #expect(
            report.texts("clock").contains("this machine's clock is 120 s \(direction) that of \(server)"),
            "\(report.texts("clock"))")
        }
        report.expectAllAreas()
      }
      #expect(try await DoctorReport.of(command).wrong("clock").isEmpty)
    }
  }
}
