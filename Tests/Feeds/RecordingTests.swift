import Competition
import Foundation
import TestKit
import Testing

@testable import Feeds

@Suite("Recorded feeds")
struct RecordingTests {
  private static let start = Timestamp(seconds: 1_770_000_000).floored(toSeconds: 60)

  private static func candle(_ subject: String, _ minute: Int) -> FeedRecord {
    let price = Double(100 + minute)
    return FeedRecord(
      key: FeedKey(source: "binance", subject: subject, kind: .candle, granularity: "1m"),
      eventTime: start.adding(seconds: 60 * minute), ingestedTime: start.adding(seconds: 60 * minute + 61),
      values: [
        "open": .double(price), "high": .double(price + 1), "low": .double(price - 1), "close": .double(price + 0.25),
        "volume": .double(3),
      ],
      meta: ["closed": true])
  }

  private static func withFile(_ ending: String, _ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "/recording-\(UUID().uuidString)\(ending)"
    try await body(path)
    try FileManager.default.removeItem(atPath: path)
  }

  private static func tape(_ path: String, _ options: [String: String] = [:]) throws -> ReplayTape {
    try ReplayTape(
      options.merging(["path": path]) { $1 },
      keys: ["BTC", "ETH"].map { FeedKey(source: "tape", subject: $0, kind: .candle, granularity: "1m") })
  }

  private static func recorded(_ path: String) throws {
    let recording = try FeedRecording(path: path)
    for minute in 0..<30 { try recording.write([candle("ETH", minute), candle("BTC", minute)]) }
    try recording.close()
    #expect(recording.count == 60)
  }

  @Test("are played as they came, in order of time, by any number at a time", arguments: FeedRecording.endings)
  func roundTrip(ending: String) async throws {
    try await Self.withFile(ending) { path in
      try Self.recorded(path)
      var whole = try Self.tape(path)
      var parts = whole
      let records = whole.next(1_000)
      var pieces: [FeedRecord] = []
      while !parts.isOver { pieces += parts.next(7) }
      #expect(pieces == records && records.count == 60 && whole.isOver)
      #expect(records.map(\.key.subject).prefix(4) == ["BTC", "ETH", "BTC", "ETH"])
      #expect(records.map(\.eventTime) == records.map(\.eventTime).sorted())
      for record in records {
        let minute = Int(record.eventTime.seconds - Self.start.seconds) / 60
        #expect(record.values == Self.candle(record.key.subject, minute).values)
        #expect(record.key.source == "tape" && record.isClosed && record.ingestedTime == record.knownTime)
      }
    }
  }

  @Test("that a backfill wrote by day are played from their folder, and a damaged day is named")
  func folder() async throws {
    try await Self.withFile("") { path in
      let folder = HistoryFolder(path: path)
      let minutes = [0, 1, 2, 1_440, 1_441]
      for subject in ["BTC", "ETH"] {
        let records = minutes.map { Self.candle(subject, $0) }
        try folder.merge(records, of: records[0].key)
      }
      var tape = try Self.tape(path)
      let records = tape.next(100)
      #expect(
        records.map(\.eventTime) == minutes.flatMap { Array(repeating: Self.start.adding(seconds: 60 * $0), count: 2) })
      #expect(
        records.allSatisfy {
          $0.values["close"]?.number == Double(100 + Int($0.eventTime.seconds - Self.start.seconds) / 60) + 0.25
        })
      let damaged = folder.file(of: Self.candle("ETH", 0).key, day: Self.start.adding(seconds: 86_400))
      try Data("PAR1".utf8).write(to: URL(filePath: damaged))
      let error = #expect(throws: FeedError.self) { try Self.tape(path) }
      #expect(error?.reason.contains(damaged) == true)
    }
  }

  @Test("are played from any time to any, and moved to any")
  func spans() async throws {
    try await Self.withFile(".jsonl.gz") { path in
      try Self.recorded(path)
      let from = Self.start.adding(seconds: 600)
      var some = try Self.tape(
        path,
        [
          "from": from.iso8601(.z), "to": Self.start.adding(seconds: 1_200).iso8601(.z),
          "anchor": "2030-01-01T00:00:00Z",
        ])
      let records = some.next(100)
      #expect(records.count == 20)
      #expect(records.first?.eventTime == Timestamp(iso8601: "2030-01-01T00:00:00Z"))
      #expect(records.first?.meta["replayed_ts"] == .string(from.iso8601(.z)))
      let error = #expect(throws: FeedError.self) { try Self.tape(path, ["from": "2040-01-01T00:00:00Z"]) }
      #expect(error?.isTransient == false)
    }
  }

  @Test("go on behind what was taken in")
  func resume() async throws {
    try await Self.withFile(".jsonl") { path in
      try Self.recorded(path)
      var tape = try Self.tape(path)
      let all = tape.next(100)
      tape.resume(after: [all[20].key: all[20].eventTime, all[21].key: all[21].eventTime])
      #expect(tape.next(100) == Array(all[22...]))
      tape.resume(after: Dictionary(uniqueKeysWithValues: all.suffix(2).map { ($0.key, $0.eventTime) }))
      #expect(tape.isOver)
    }
  }

  @Test("whose recording was cut off are read up to the last whole line")
  func cutOff() async throws {
    try await Self.withFile(".jsonl.gz") { path in
      let recording = try FeedRecording(path: path)
      for minute in 0..<30 { try recording.write([Self.candle("ETH", minute), Self.candle("BTC", minute)]) }
      // Not closed, and the last bytes did not reach the disk.
      let data = try Data(contentsOf: URL(filePath: path))
      try data.dropLast(10).write(to: URL(filePath: path))
      var tape = try Self.tape(path)
      let count = tape.next(100).count
      #expect(count >= 57 && count < 60, "\(count)")
    }
  }

  @Test("are read from CSV in gzip too, and what is no gzip is named")
  func csv() async throws {
    try await Self.withFile(".csv") { path in
      let rows = (0..<5).flatMap { minute in
        ["BTC", "ETH"].map { "\(Self.start.adding(seconds: 60 * minute).iso8601(.z)),\($0),1,2,0.5,1.5,7" }
      }
      try (["time,subject,open,high,low,close,volume"] + rows).joined(separator: "\n").write(
        toFile: path, atomically: true, encoding: .utf8)
      #expect(try await RunningProcess.run("/bin/gzip", ["-k", path]).exitCode == 0)
      var plain = try Self.tape(path)
      var packed = try Self.tape(path + ".gz")
      #expect(plain.next(100) == packed.next(100) && plain.count == 10)
      try "nonsense".write(toFile: path + ".gz", atomically: true, encoding: .utf8)
      let error = #expect(throws: FeedError.self) { try Self.tape(path + ".gz") }
      #expect(error?.reason.contains("gzip") == true)
      try FileManager.default.removeItem(atPath: path + ".gz")
    }
  }

  @Test("are not written over, and have an ending that tells their form")
  func refused() async throws {
    try await Self.withFile(".jsonl") { path in
      try "x".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: FeedError.self) { try FeedRecording(path: path) }
      #expect(throws: FeedError.self) { try FeedRecording(path: path + ".txt") }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "x")
    }
  }
}
