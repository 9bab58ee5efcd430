import Bus
import Competition
import Feeds
import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("Longer candles of a recorded feed", .timeLimit(.minutes(2)))
struct TapeCandlesTests {
  private static let start = 1_735_689_600
  private static let fiveMinutes = FeedKey(source: "replay", subject: "X", kind: .candle, granularity: "5m")

  private static func key(_ kind: FeedKind) -> FeedKey {
    FeedKey(source: "replay", subject: "X", kind: kind, granularity: kind == .tick ? "1s" : "1m")
  }

  private static func player(
    _ path: String, _ kind: FeedKind, _ store: Store, _ bus: any Bus, pageSize: Int
  ) throws -> TapePlayer {
    let logger = Logger(label: "test")
    let maker = try #require(
      try DerivedCandles(
        of: key(kind), into: ["1m", "5m"].compactMap { Granularity($0) }.filter { kind == .tick || $0.seconds > 60 },
        lateSeconds: 5, patienceSeconds: 0, store: store, logger: logger))
    var player = TapePlayer(
      keys: [key(kind)], tape: try ReplayTape(["path": path], keys: [key(kind)]), store: store, bus: bus,
      duty: SoleDuty(), health: Health(), logger: logger)
    player.pageSize = pageSize
    player.candles = TapeCandles([maker], lateSeconds: 5, store: store, logger: logger)
    return player
  }

  private static func withTape(_ lines: [String], _ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "/tape-\(UUID().uuidString).csv"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    try await body(path)
    try FileManager.default.removeItem(atPath: path)
  }

  /// What was told of, in order: granularity and second.
  private static func told(_ bus: FlakyBus) throws -> [String] {
    try bus.memory.entries(of: .feedRecords, after: EntryID(milliseconds: 0, sequence: 0), limit: 1_000).map {
      let record = try FieldReader($0.fields).message(FeedRecordMessage.self).record
      return "\(record.key.granularity) \(Int(record.eventTime.seconds) - start)"
    }
  }

  private static func play(_ player: TapePlayer, until count: Int, _ bus: FlakyBus) async throws {
    let playing = Task { try await player.run() }
    try await waitUntil("all is told") { try told(bus).count >= count }
    playing.cancel()
    _ = await playing.result
  }

  @Test("are told of where they close, closed and once each, also after a kill between storing and telling")
  func ofCandles() async throws {
    let lines = (0..<25).map { "\(Self.start + 60 * $0),X,1,\(3 + $0),1,2,1" }
    try await Self.withTape(["time,subject,open,high,low,close,volume"] + lines) { path in
      try await TestDatabase.with { database in
        let store = database.store
        let bus = FlakyBus(MemoryBus { Timestamp.now() })
        bus.isAway = true
        let killed = try Self.player(path, .candle, store, bus, pageSize: 10)
        let running = Task { try await killed.run() }
        try await waitUntil("candles are stored") {
          try await store.feeds.newest(of: Self.fiveMinutes, limit: 9).count >= 2
        }
        running.cancel()
        _ = await running.result
        bus.isAway = false
        let expected = (0..<25).flatMap { minute in
          ["1m \(60 * minute)"] + (minute % 5 == 4 ? ["5m \(60 * (minute - 4))"] : [])
        }
        for _ in 0..<2 {
          try await Self.play(
            try Self.player(path, .candle, store, bus, pageSize: 10), until: expected.count, bus)
        }
        #expect(try Self.told(bus) == expected)
        let candles = try await store.feeds.newest(of: Self.fiveMinutes, limit: 9)
        #expect(candles.map { $0.values["high"]?.number } == [7, 12, 17, 22, 27])
        #expect(candles.filter { !$0.isClosed } == [])
        // The tape's clock is that of its own records.
        #expect(try await store.feeds.providerState(of: Self.fiveMinutes)[TapePlayer.stateKey] == nil)
      }
    }
  }

  @Test("of ticks are told of at the same places however the tape is cut into pages", arguments: [3, 10, 1_000])
  func ofTicks(pageSize: Int) async throws {
    let seconds = Array(stride(from: 0, to: 700, by: 7))
    let lines = seconds.map { "\(Self.start + $0),X,\(100 + $0)" }
    let minutes = Array(stride(from: 0, through: 600, by: 60)).filter { $0 + 65 <= 693 }
    try await Self.withTape(["time,subject,price"] + lines) { path in
      try await TestDatabase.with { database in
        let bus = FlakyBus(MemoryBus { Timestamp.now() })
        let player = try Self.player(path, .tick, database.store, bus, pageSize: pageSize)
        try await Self.play(player, until: seconds.count + minutes.count + 2, bus)
        let told = try Self.told(bus)
        #expect(told.filter { $0.hasPrefix("1m") } == minutes.map { "1m \($0)" })
        #expect(told.filter { $0.hasPrefix("5m") } == ["5m 0", "5m 300"])
        for (index, name) in told.enumerated() where name.hasPrefix("1m") {
          let end = (Int(name.dropFirst(3)) ?? 0) + 65
          let before = told[..<index].last { $0.hasPrefix("1s") }
          #expect(before == "1s \(seconds.last { $0 <= end } ?? 0)")
        }
      }
    }
  }
}
