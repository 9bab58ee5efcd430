import Bus
import Competition
import Redis
import ServiceKit
import TestKit
import Testing

@Suite("coordinator streams, status and config", .timeLimit(.minutes(3)))
struct InspectionCommandTests {
  private static func task(_ input: String, secondsAgo: Int) -> ScoreTask {
    let due = Timestamp.now().adding(seconds: -secondsAgo)
    return ScoreTask(
      inputID: input, scopeKey: "BTC-60", configID: "CFG", subject: "BTC", performedAt: due.adding(seconds: -60),
      resolvableAt: due)
  }

  @Test("streams are listed with what is pending, what waits and how old it is")
  func list() async throws {
    try await Command.with { command in
      let bus = RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
      let consumer = try await bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try await bus.publish([
        Self.task("A", secondsAgo: 3), Self.task("B", secondsAgo: 2), Self.task("C", secondsAgo: 1),
      ])
      _ = try await consumer.read(count: 1, wait: .zero)
      try await bus.schedule([DelayedTask(Self.task("D", secondsAgo: -60), at: .now().adding(seconds: 60))])

      let json = try await command.run("streams", "ls", "--json").json.first
      let stream = json?["streams"]?.array?.first { $0["stream"] == "predictions.pending" }
      #expect(stream?["length"] == 3)
      let group = stream?["groups"]?.array?.first
      #expect(group?["name"] == "score")
      #expect(group?["pending"] == 1)
      #expect(group?["lag"] == 2)
      #expect(group?["oldest_seconds"]?.number != nil)
      #expect(json?["delayed"] == 1)

      let text = try await command.run("streams").text
      for name in ["feed.records", "predictions.pending", "scores.ready"] { #expect(text.contains(name)) }
      #expect(text.contains("waiting for their time: 1 tasks"))
    }
  }

  @Test("entries are shown as a person reads them, and as JSON")
  func peek() async throws {
    try await Command.with { command in
      let bus = RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
      try await bus.publish((1...12).map { Self.task("INP_\($0)", secondsAgo: 1) })
      let entries = try await command.run("streams", "peek", "predictions.pending", "--count", "2", "--json").json
      #expect(entries.count == 2)
      #expect(entries.last?["input_id"] == "INP_12")
      let text = try await command.run("streams", "peek", "predictions.pending", "-c", "1").text
      #expect(text.contains("input_id: INP_12"))
      let unknown = try await command.run("streams", "peek", "predictions.done")
      #expect(unknown.exitCode == 64)
      #expect(unknown.text.contains("predictions.pending"))
    }
  }

  @Test("the status counts everything, and without the schema says what to do")
  func status() async throws {
    try await Command.with { command in
      let json = try await command.run("status", "--json").json.first
      #expect(json?["predictions"]?["SCORED"] == 0)
      #expect(json?["leaderboard"] == [])
      #expect(try await command.run("status").exitCode == 0)
    }
    try await Command.with(.nothing) { command in
      let refused = try await command.run("status")
      #expect(refused.exitCode == 1)
      #expect(refused.text.contains("coordinator db migrate"))
    }
  }

  @Test("while PostgreSQL is away the status says so, shows the streams, and fails")
  func statusWithoutPostgres() async throws {
    try await Command.with { command in
      let bus = RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
      try await bus.publish([Self.task("A", secondsAgo: 3)])
      let nobody = "postgres://user:secret@127.0.0.1:\(try LoopbackPort.free())/none"
      let shown = try await command.run("status", variables: ["DATABASE_URL": nobody])
      #expect(shown.exitCode == 1)
      #expect(shown.text.contains("PostgreSQL is away"))
      #expect(shown.text.contains("DATABASE_URL"))
      #expect(shown.text.contains("predictions.pending"))
      #expect(!shown.text.contains("secret"))
      let json = try #require(
        await command.run("status", "--json", variables: ["DATABASE_URL": nobody]).lines.compactMap {
          $0.hasPrefix("{") ? try JSON(parsing: $0) : nil
        }.last)
      #expect(json["error"] == "PostgreSQL is away")
      #expect(json["streams"]?["streams"]?.array?.isEmpty == false)
    }
  }

  @Test("a server that is away is an error with its variable, without its password")
  func away() async throws {
    try await Command.with { command in
      let nobody = "redis://user:secret@127.0.0.1:\(try LoopbackPort.free())/0"
      let outcome = try await command.run("streams", variables: ["REDIS_URL": nobody])
      #expect(outcome.exitCode != 0)
      #expect(outcome.text.contains("REDIS_URL"))
      #expect(!outcome.text.contains("secret"))
    }
  }

  @Test("settings are shown with where they come from, secrets masked, and mistakes named with exit 78")
  func config() async throws {
    try await Command.with { command in
      let shown = try await command.run("config", variables: ["API_KEY": "top-secret", "FEED_SUBJECTS": "BTC,ETH"])
      #expect(shown.exitCode == 0)
      #expect(!shown.text.contains("top-secret"))
      #expect(!shown.text.contains("postgres://"))
      #expect(shown.lines.contains { $0.hasPrefix("FEED_SUBJECTS") && $0.contains("BTC,ETH") })
      let wrong = try await command.run(
        "config", "show", variables: ["REPORT_PORT": "many", "SCORE_INTERVAL_SECONDS": "0"])
      #expect(wrong.exitCode == 78)
      #expect(wrong.text.contains("REPORT_PORT"))
      #expect(wrong.text.contains("SCORE_INTERVAL_SECONDS"))
    }
  }
}
