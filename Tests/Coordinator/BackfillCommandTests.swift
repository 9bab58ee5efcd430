import ChildProcesses
import Competition
import Foundation
import Store
import TestKit
import Testing

@Suite("coordinator backfill and feed", .timeLimit(.minutes(3)))
struct BackfillCommandTests {
  /// A feed worker on an exchange that has so many minutes up to now, which it does not take in by itself.
  private static func with(
    minutes: Int, _ body: @Sendable (Command, TestExchange, Timestamp, RunningProcess) async throws -> Void
  ) async throws {
    let start = Timestamp.now().floored(toSeconds: 60).adding(seconds: -60 * minutes)
    let candles = (0..<minutes).map { minute in
      TestExchange.Candle(
        opened: start.seconds + 60 * Int64(minute), open: "1", high: "3", low: "1", close: "2", volume: "5")
    }
    let exchange = try TestExchange(candles, now: .now().adding(seconds: 3_600))
    try await Command.with { command in
      let variables: [String: String?] = [
        "DATABASE_URL": command.database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
        "REDIS_KEY_PREFIX": command.prefix, "FEED_PROVIDER": "binance", "FEED_SUBJECTS": "BTCUSDT",
        "FEED_KIND": "candle", "FEED_GRANULARITY": "1m", "FEED_BACKFILL_MINUTES": "5", "FEED_POLL_SECONDS": "600",
        "FEED_OPT_BASE_URL": exchange.url, "FEED_OPT_STREAM": "false", "BACKFILL_REQUESTS_PER_SECOND": "1000",
        "BACKFILL_DATA_DIR": FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path,
      ]
      let worker = RunningProcess(
        ChildProcess(executable: try Executables.products + "/feed-data-worker", environment: variables))
      do {
        try await body(command, exchange, start, worker)
      } catch {
        await worker.stop()
        throw error
      }
      await worker.stop()
    }
    try await exchange.stop()
  }

  private static let feed = [
    "--source", "binance", "--kind", "candle", "--granularity", "1m", "--subject", "BTCUSDT",
  ]

  @Test(
    "a history is asked for, followed and stored by the worker; then it is listed, with its last value and without gaps"
  )
  func start() async throws {
    try await Self.with(minutes: 1_200) { command, _, start, _ in
      let outcome = try await command.run(
        ["backfill"] + Self.feed + ["--from", start.iso8601(.z), "--to", start.adding(seconds: 60 * 1_100).iso8601(.z)])
      #expect(outcome.exitCode == 0, "\(outcome.text)")
      #expect(outcome.lines.last?.contains("100 %") == true && outcome.lines.last?.contains("completed") == true)
      let job = try #require(try await command.run("backfill", "list", "--json").json.first)
      #expect(job["records_written"] == 1_101 && job["destination"] == "records" && job["progress_pct"] == 100.0)
      let shown = try await command.run("backfill", "show", job["id"]?.string ?? "")
      #expect(shown.exitCode == 0 && shown.text.contains("completed"))

      let feed = try #require(try await command.run("feed", "list", "--json").json.first)
      #expect(feed["subject"] == "BTCUSDT" && feed["last"] == 2.0 && feed["record_count"]?.int ?? 0 >= 1_101)
      #expect(try await command.run("feed").text.contains("BTCUSDT"))
      let tail = try await command.run("feed", "tail", "--count", "3", "--json").json
      #expect(tail.count == 3 && tail.allSatisfy { $0["values"]?["close"] == 2.0 })
    }
  }

  @Test("Ctrl-C leaves a job running, and says how to follow and to end it; another is refused meanwhile")
  func leave() async throws {
    try await Command.with { command in
      let heard = RunningProcess(
        ChildProcess(
          executable: try Executables.products + "/coordinator",
          arguments: ["backfill"] + Self.feed + ["--from", "2d", "--into", "parquet"],
          environment: ["DATABASE_URL": command.database.url]))
      try await waitUntil("the job waits") { heard.lines.contains { $0.contains("waits for the feed worker") } }
      heard.signal(SIGINT)
      #expect(try await heard.ending.exitCode == 130)
      let id = try #require(try await command.database.store.backfills.newest(limit: 1).first?.id)
      #expect(
        heard.lines.contains { $0.contains("backfill show \(id) --follow") && $0.contains("backfill cancel \(id)") })
      let refused = try await command.run(["backfill"] + Self.feed + ["--from", "1d"])
      #expect(refused.exitCode == 1 && refused.text.contains("backfill job \(id) is already pending"))
      let ended = try await command.run("backfill", "cancel", id)
      #expect(ended.exitCode == 0 && ended.text.hasPrefix("cancelled"))
      #expect(try await command.run("backfill", "cancel", id).exitCode == 1)
      #expect(try await command.run("backfill", "cancel", "none").text.contains("there is no backfill job none"))
      let followed = try await command.run("backfill", "show", id, "--follow", "--json")
      #expect(followed.exitCode == 1)
      #expect(try followed.json.first?["status"] == "cancelled")
    }
  }

  @Test("what is asked for wrongly is refused, with what is right")
  func refusals() async throws {
    try await Command.with { command in
      for (arguments, text) in [
        (["--from", "yesterday"], "yesterday"), (["--from", "1h", "--to", "2h"], "is not before"),
        (["--from", "1h", "--granularity", "soon"], "as 1m"), (["--from", "1h", "--into", "tape"], "parquet"),
      ] {
        let outcome = try await command.run(["backfill"] + Self.feed + arguments)
        #expect(outcome.exitCode == 64 && outcome.text.contains(text), "\(outcome.text)")
      }
      #expect(try await command.database.store.backfills.newest(limit: 1).isEmpty)
      #expect(try await command.run("feed", "gaps").text == "nothing is missing")
      #expect(try await command.run("feed", "findings").text == "nothing odd was found")
      #expect(try await command.run("feed", "tail").text == "no records")
    }
  }

  @Test("gaps of long ago are found, listed, and filled by the worker when somebody wants them to be")
  func gaps() async throws {
    try await Self.with(minutes: 4_000) { command, _, start, worker in
      try await waitUntil("the worker takes its feed in") {
        try await command.database.store.feeds.streams().isEmpty == false
      }
      let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")
      let records = ([0, 1, 2] + [7, 8]).map { minute in
        FeedRecord(
          key: key, eventTime: start.adding(seconds: 60 * minute), ingestedTime: .now(), values: ["close": 2.0],
          meta: ["closed": true])
      }
      try await command.database.store.feeds.ingest(records, phase: "listen")
      let found = try await command.run("feed", "gaps", "--since", "30d", "--json").json
      #expect(found.last?["missing"] == 4 && found.allSatisfy { $0["state"] == "open" })
      #expect(found.last?["from_ts"]?.string == start.adding(seconds: 180).iso8601(.z))
      #expect(try await command.run("feed", "gaps", "--subject", "ETHUSDT").text == "nothing is missing")
      let asked = try await command.run("feed", "gaps", "--repair")
      #expect(asked.exitCode == 0 && asked.text.contains("asked for"))
      try await waitUntil("the gap is filled") {
        let from = start.adding(seconds: 180)
        return try await command.database.store.feeds.records(
          of: key, from: from, through: from.adding(seconds: 180), limit: 10
        ).count == 4
      }
    }
  }

  @Test("what comes is shown as it comes, until Ctrl-C")
  func tail() async throws {
    try await Command.with { command in
      let key = FeedKey(source: "s", subject: "X", kind: .tick, granularity: "1s")
      func store(_ price: Double) async throws {
        try await command.database.store.feeds.ingest(
          [FeedRecord(key: key, eventTime: .now(), ingestedTime: .now(), values: ["price": .double(price)])],
          phase: "listen")
      }
      try await store(1.25)
      let tail = RunningProcess(
        ChildProcess(
          executable: try Executables.products + "/coordinator", arguments: ["feed", "tail", "--follow"],
          environment: ["DATABASE_URL": command.database.url]))
      try await waitUntil("what is there") { tail.lines.contains { $0.contains("price 1.25") } }
      try await store(2.5)
      try await waitUntil("what comes") { tail.lines.contains { $0.contains("price 2.5") } }
      tail.signal(SIGINT)
      #expect(try await tail.ending.exitCode == 0)
      #expect(tail.lines.count == 2)
    }
  }
}
