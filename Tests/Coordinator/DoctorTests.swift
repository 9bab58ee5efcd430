import Competition
import Foundation
import ServiceKit
import TestKit
import Testing

@testable import Bus
@testable import Coordinator
@testable import Diagnosis
@testable import Store

@Suite("coordinator doctor", .timeLimit(.minutes(5)))
struct DoctorTests {
  /// What `doctor --json` says, findings by area.
  private struct Report {
    var exitCode: Int32?
    var findings: [JSON]

    func wrong(_ area: String) -> [JSON] {
      findings.filter { $0["area"]?.string == area && ["problem", "misconfigured"].contains($0["severity"]?.string) }
    }
    func texts(_ area: String) -> String {
      wrong(area).map { "\($0["what"]?.string ?? ""): \($0["cause"]?.string ?? "")" }.joined(separator: "\n")
    }
  }

  private static func examine(_ command: Command, _ variables: [String: String?] = [:]) async throws -> Report {
    // No orchestrator listens there, unless the test says where one does.
    var all: [String: String?] = [
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
      "FEED_SOURCE": "test", "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
    ]
    for (name, value) in variables { all[name] = value }
    let outcome = try await command.run(["doctor", "--json", "--timeout", "4"], variables: all)
    let findings = try JSON(parsing: outcome.lines.last ?? "")["findings"]?.array ?? []
    return Report(exitCode: outcome.exitCode, findings: findings)
  }

  /// Every area is looked at, whatever is wrong.
  private static func expectAllAreas(_ report: Report) {
    #expect(Set(report.findings.compactMap { $0["area"]?.string }).count == Finding.Area.allCases.count)
    for finding in report.findings where ["problem", "misconfigured"].contains(finding["severity"]?.string) {
      #expect(finding["remedy"]?.string?.isEmpty == false, "\(finding.text)")
    }
  }

  @Test("a Redis that is away is named with its cause, and everything else is looked at all the same")
  func redis() async throws {
    try await Command.with { command in
      let url = "redis://user:secret@127.0.0.1:\(try LoopbackPort.free())/0"
      let report = try await Self.examine(command, ["REDIS_URL": url])
      #expect(report.exitCode == 1)
      #expect(report.texts("redis").contains("Redis is away"), "\(report.findings)")
      #expect(report.wrong("postgres").isEmpty)
      #expect(!report.findings.contains { $0.text.contains("secret") })
      Self.expectAllAreas(report)
    }
  }

  @Test("a PostgreSQL that is away is named with its cause, and everything else is looked at all the same")
  func postgres() async throws {
    try await Command.with { command in
      let url = "postgres://user:secret@127.0.0.1:\(try LoopbackPort.free())/none"
      let report = try await Self.examine(command, ["DATABASE_URL": url])
      #expect(report.exitCode == 1)
      #expect(report.texts("postgres").contains("PostgreSQL cannot be used"), "\(report.findings)")
      #expect(report.wrong("redis").isEmpty)
      #expect(!report.findings.contains { $0.text.contains("secret") })
      Self.expectAllAreas(report)
    }
  }

  @Test("a server that accepts and says nothing costs its check's time, and no other's")
  func silent() async throws {
    try await Command.with { command in
      let server = try TestHTTPServer { _ in .silence }
      defer { server.stop() }
      let report = try await Self.examine(command, ["REDIS_URL": "redis://127.0.0.1:\(server.port)/0"])
      #expect(report.exitCode == 1 && !report.wrong("redis").isEmpty)
      #expect(report.wrong("postgres").isEmpty && report.wrong("environment").isEmpty)
      Self.expectAllAreas(report)
    }
  }

  @Test("a feed without a record, and one whose newest is old, are told apart")
  func feed() async throws {
    try await Command.with { command in
      #expect(try await Self.examine(command).texts("feed").contains("has no record"))
      let key = FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m")
      let now = try await command.database.store.now()
      func record(_ secondsAgo: Int) -> FeedRecord {
        let time = now.adding(seconds: -secondsAgo)
        return FeedRecord(key: key, eventTime: time, ingestedTime: time.adding(seconds: 60), values: ["close": 1])
      }
      try await command.database.store.feeds.ingest([record(3_600)], phase: "listen")
      #expect(try await Self.examine(command).texts("feed").contains("is 59 min old"))
      try await command.database.store.feeds.ingest([record(70)], phase: "listen")
      #expect(try await Self.examine(command).wrong("feed").isEmpty)
    }
  }

  @Test("a contract with a slip, and one whose function is missing, are misconfigured: 78 with line and reason")
  func contract() async throws {
    try await Command.with { command in
      try await command.withFile("windws: {}\n") { path in
        let report = try await Self.examine(command, ["CRUNCH_CONTRACT": path])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("\(path):1:1: windws: is not known here"), "\(report.findings)")
        Self.expectAllAreas(report)
      }
      try await command.withFile("callables: {scoring: \"not_there:score\"}\n") { path in
        let report = try await Self.examine(command, ["CRUNCH_CONTRACT": path, "MODEL_PYTHON": "python3"])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("No module named 'not_there'"), "\(report.findings)")
      }
      try await command.withFile("callables: {build_emission: \"math:floor\", aggregate_snapshot: builtin:median}\n") {
        path in
        let report = try await Self.examine(command, ["CRUNCH_CONTRACT": path, "MODEL_PYTHON": "python3"])
        #expect(report.exitCode == 78)
        #expect(report.texts("contract").contains("math:floor cannot be used for build_emission"), "\(report.findings)")
        #expect(report.wrong("contract").count == 1)
      }
    }
  }

  @Test("a misspelt, a doubled, a silenced and a wrong variable are named")
  func environment() async throws {
    try await Command.with { command in
      let report = try await Self.examine(
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
      let report = try await Self.examine(command)
      #expect(report.exitCode == 1 && report.texts("schema").contains("coordinator db migrate"))
      Self.expectAllAreas(report)
    }
  }

  @Test("streams that nobody reads, a pause and a dead letter are found")
  func streams() async throws {
    try await Command.with { command in
      _ = try await command.database.store.pauses.pause("scores.ready", reason: "on purpose")
      let texts = try await Self.examine(command).texts("streams")
      #expect(texts.contains("predictions.pending has no group score"), "\(texts)")
      #expect(texts.contains("no score-worker runs") && texts.contains("no feed-data-worker runs"))
      #expect(texts.contains("scores.ready is paused") && texts.contains("on purpose"))
    }
  }

  @Test("an orchestrator that is away, a model that cannot be set up, and one that fails all it is asked are found")
  func models() async throws {
    try await Command.with { command in
      #expect(try await Self.examine(command).texts("models").contains("cannot be reached"))
      try await LocalOrchestrator.with(["good": "return {'value': 1}", "lost": "return {'value': 1}"]) { orchestrator in
        try "import tracker\n".write(
          toFile: orchestrator.folder + "/lost/main.py", atomically: true, encoding: .utf8)
        let variables = [
          "MODEL_RUNNER_NODE_PORT": String(orchestrator.port), "CRUNCH_ID": "test",
          "MODEL_BASE_CLASSNAME": "tracker.TrackerBase",
        ]
        try await waitUntil("the good model is announced and the other refused") {
          let texts = try await Self.examine(command, variables).texts("models")
          return texts.contains("lost at") && texts.contains("No Inherited class") && !texts.contains("good")
        }
        try await Self.failAll(of: "good", in: command.database.store)
        let texts = try await Self.examine(command, variables).texts("models")
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

  @Test("a clock that is ahead, or behind, is found against both servers, and one that is right is not")
  func clock() async throws {
    try await TestDatabase.with { database in
      func findings(_ shift: Int) async throws -> [Finding] {
        await ClockCheck(store: database.store, redis: try TestRedis.configuration) {
          Timestamp.now().adding(seconds: shift)
        }.findings()
      }
      #expect(try await findings(0).map(\.severity) == [.ok, .ok])
      for (shift, direction) in [(120, "ahead of"), (-120, "behind")] {
        let found = try await findings(shift)
        #expect(found.map(\.severity) == [.problem, .problem])
        #expect(found.allSatisfy { $0.what.contains(direction) }, "\(found)")
      }
    }
  }

  @Test("a machine whose clock is wrong is told by the command: by how much, against which server, and what to do")
  func wrongClock() async throws {
    try await Command.with { command in
      for (seconds, direction) in [(120, "ahead of"), (-120, "behind")] {
        let clock = try #require(try await ShiftedClock.variables(seconds: seconds), "no C compiler is here")
        let report = try await Self.examine(command, clock.mapValues { $0 })
        #expect(report.exitCode == 1)
        for server in ["PostgreSQL", "Redis"] {
          #expect(
            report.texts("clock").contains("this machine's clock is 120 s \(direction) that of \(server)"),
            "\(report.texts("clock"))")
        }
        Self.expectAllAreas(report)
      }
      #expect(try await Self.examine(command).wrong("clock").isEmpty)
    }
  }

  @Test("a disk that is full, an old PostgreSQL without room, and a Redis that throws work away are found")
  func limits() {
    let disk = DiskCheck(folders: ["/a", "/b", "/none"]) { folder in
      folder == "/none" ? nil : (free: folder == "/a" ? 10 << 20 : 50 << 30, total: 100 << 30)
    }
    #expect(disk.findings().map(\.severity) == [.problem, .ok])
    let facts = ServerStore.Facts(
      versionNumber: 130_004, version: "13.4", databaseBytes: 0, connections: 98, maximumConnections: 100,
      isReadOnly: true, isDurable: false)
    let wrong = PostgresCheck.findings(facts, poolSize: 6).filter(\.isWrong).map(\.what)
    #expect(wrong.count == 3 && wrong[0].contains("13.4") && wrong[2].contains("room for 2"))
    let info = RedisCheck.values(
      "redis_version:6.2.1\r\nmaxmemory:100\r\nused_memory:95\r\nmaxmemory_policy:allkeys-lru\r\n")
    #expect(RedisCheck.findings(info: info).count(where: \.isWrong) == 3)
  }

  @Test(
    "an entry that waits, one that is in work for too long, and parked ones are found; a stream in good order is not")
  func ages() {
    let now = Timestamp(seconds: 1_771_000_000)
    func status(unread: Int?, pending: Int?, parked: Int = 0) -> BusStatus {
      let group = BusStatus.Group(
        name: "score", pending: 1, lag: 1, consumers: 1, oldestUnread: unread.map { now.adding(seconds: -$0) },
        oldestPending: pending.map { now.adding(seconds: -$0) })
      let stream = BusStatus.Stream(stream: .predictionsPending, length: 2, parked: parked, groups: [group])
      return BusStatus(streams: [stream], delayed: 0, overdue: 0, nextDue: nil, now: now)
    }
    func wrong(_ status: BusStatus) -> Int {
      StreamCheck.findings(status, leaseSeconds: 30).count(where: \.isWrong)
    }
    #expect(wrong(status(unread: 5, pending: 5)) == 0)
    #expect(wrong(status(unread: 61, pending: 5)) == 1)
    #expect(wrong(status(unread: 61, pending: 121)) == 2)
    #expect(wrong(status(unread: nil, pending: nil, parked: 1)) == 1)
  }
}
