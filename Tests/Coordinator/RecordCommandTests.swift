import ChildProcesses
import Competition
import Feeds
import Foundation
import Store
import TestKit
import Testing

@Suite("coordinator feed record", .timeLimit(.minutes(3)))
struct RecordCommandTests {
  private static let minutes = 30
  private static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")

  private static let feed: [String: String?] = [
    "FEED_SOURCE": "binance", "FEED_SUBJECTS": "BTCUSDT", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
  ]

  private static func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "/record-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await body(folder)
    try FileManager.default.removeItem(atPath: folder)
  }

  /// What a feed worker takes in of an exchange that has so many minutes up to `end`.
  private static func takeIn(_ command: Command, until end: Timestamp) async throws -> [FeedRecord] {
    let candles = (0..<minutes).map { minute in
      TestExchange.Candle(
        opened: end.seconds + Int64(60 * (minute - minutes)), open: "\(minute + 1).5", high: "\(minute + 2)", low: "1",
        close: "\(minute + 1).25", volume: "10")
    }
    let exchange = try TestExchange(candles, now: .now().adding(seconds: 60))
    let variables = feed.merging([
      "DATABASE_URL": command.database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
      "REDIS_KEY_PREFIX": command.prefix, "FEED_BACKFILL_MINUTES": "60", "FEED_OPT_BASE_URL": exchange.url,
      "FEED_OPT_STREAM": "false",
    ]) { $1 }
    let worker = RunningProcess(
      ChildProcess(executable: try Executables.products + "/feed-data-worker", environment: variables))
    var records: [FeedRecord] = []
    do {
      try await waitUntil("all is taken in; the worker said: \(worker.lines.suffix(5))") {
        try await command.database.store.feeds.newest(of: key, limit: 100).count == minutes
      }
      records = try await command.database.store.feeds.newest(of: key, limit: 100)
    } catch {
      await worker.stop()
      throw error
    }
    await worker.stop()
    try await exchange.stop()
    return records
  }

  private static func played(_ path: String) throws -> [FeedRecord] {
    var tape = try ReplayTape(["path": path], keys: [key])
    return tape.next(1_000)
  }

  @Test("a span of what was taken in becomes a file, packed or Parquet, that replay plays as it was")
  func span() async throws {
    try await Command.with { command in
      try await Self.withFolder { folder in
        let end = Timestamp.now().floored(toSeconds: 60)
        let records = try await Self.takeIn(command, until: end)
        let from = end.adding(seconds: -60 * 20)
        let wanted = records.filter { $0.eventTime >= from }
        #expect(wanted.count == 20)
        for ending in [".jsonl.gz", ".parquet"] {
          let path = folder + "/day" + ending
          let outcome = try await command.run(
            ["feed", "record", path, "--from", from.iso8601(.z), "--to", end.iso8601(.z), "--json"],
            variables: Self.feed)
          #expect(outcome.exitCode == 0, "\(outcome.text)")
          #expect(try outcome.json == [["file": .string(path), "records": 20, "never_closed": 0, "open_gaps": 0]])
          let played = try Self.played(path)
          #expect(played.map(\.eventTime) == wanted.map(\.eventTime))
          #expect(played.map(\.values) == wanted.map(\.values))
        }
        let head = try #require(FileManager.default.contents(atPath: folder + "/day.jsonl.gz")).prefix(2)
        #expect(Array(head) == [0x1f, 0x8b])
      }
    }
  }

  @Test("what comes is recorded as it comes, until Ctrl-C")
  func live() async throws {
    try await Command.with { command in
      try await Self.withFolder { folder in
        let path = folder + "/live.jsonl"
        let store = command.database.store
        let begin = try await store.now().adding(seconds: -3_600).floored(toSeconds: 60)
        func put(_ minute: Int) async throws {
          let record = FeedRecord(
            key: Self.key, eventTime: begin.adding(seconds: 60 * minute), ingestedTime: .now(),
            values: ["open": 1.0, "high": 2.0, "low": 1.0, "close": .double(Double(minute + 1)), "volume": 1.0],
            meta: ["closed": true])
          try await store.feeds.ingest([record], phase: "listen")
        }
        try await put(0)
        let recording = RunningProcess(
          ChildProcess(
            executable: try Executables.products + "/coordinator",
            arguments: ["feed", "record", path, "--from", begin.iso8601(.z)],
            environment: Self.feed.merging(["DATABASE_URL": command.database.url]) { $1 }))
        func lines() -> Int { FileManager.default.contents(atPath: path)?.count { $0 == UInt8(ascii: "\n") } ?? 0 }
        try await waitUntil("what was there") { lines() == 1 }
        try await put(1)
        try await waitUntil("what comes") { lines() == 2 }
        recording.signal(SIGINT)
        #expect(try await recording.ending.exitCode == 0)
        #expect(recording.lines == ["2 records in \(path)"])
        #expect(try Self.played(path).compactMap { $0.values["close"]?.number } == [1, 2])
      }
    }
  }

  @Test("what is asked for wrongly is refused, and a file that is there is not written over")
  func refused() async throws {
    try await Command.with { command in
      try await command.withFile("mine") { text in
        let path = text + ".jsonl"
        try FileManager.default.copyItem(atPath: text, toPath: path)
        for (arguments, reason) in [
          ([path], "is there already"), ([text + ".txt"], "known are .jsonl"),
          ([text + ".parquet", "--from", "yesterday"], "--from is \"yesterday\""),
          ([text + "/none/day.jsonl"], "cannot be written"),
        ] {
          let outcome = try await command.run(["feed", "record"] + arguments, variables: Self.feed)
          #expect(outcome.exitCode == 78 && outcome.text.contains(reason), "\(outcome.text)")
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(!FileManager.default.fileExists(atPath: text + ".parquet"))
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }
}
