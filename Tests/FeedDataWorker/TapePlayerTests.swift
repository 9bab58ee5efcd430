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

@Suite("The player of a recorded feed", .timeLimit(.minutes(2)))
struct TapePlayerTests {
  private static let key = FeedKey(source: "replay", subject: "X", kind: .candle, granularity: "1m")
  private static let count = 25

  /// Makes the file of a feed.
  private static func recorded() throws -> String {
    let path = NSTemporaryDirectory() + "/tape-\(UUID().uuidString).csv"
    let lines = (0..<count).map { "\(1_735_689_600 + 60 * $0),X,1,3,1,2,1" }
    try (["time,subject,open,high,low,close,volume"] + lines).joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private static func player(
    _ path: String, _ database: TestDatabase, _ bus: any Bus, duty: any FeedDuty = SoleDuty()
  ) throws -> TapePlayer {
    var player = TapePlayer(
      keys: [key], tape: try ReplayTape(["path": path], keys: [key]), store: database.store, bus: bus,
      duty: duty, health: Health(), logger: Logger(label: "test"))
    player.pageSize = 10
    return player
  }

  @Test("killed after it has stored a page and before it has told of it, it tells of it after its start; of none twice")
  func killed() async throws {
    let path = try Self.recorded()
    try await TestDatabase.with { database in
      let bus = FlakyBus(MemoryBus { Timestamp.now() })
      func told() async throws -> [Int] {
        try await bus.memory.entries(of: .feedRecords, after: EntryID(milliseconds: 0, sequence: 0), limit: 1_000).map {
          let record = try FieldReader($0.fields).message(FeedRecordMessage.self).record
          return Int(record.eventTime.seconds - 1_735_689_600) / 60
        }
      }
      bus.isAway = true
      let first = try Self.player(path, database, bus)
      let running = Task { try await first.run() }
      try await waitUntil("a page is stored") {
        try await database.store.feeds.newest(of: Self.key, limit: 99).count >= 10
      }
      running.cancel()
      _ = await running.result
      bus.isAway = false
      for _ in 0..<2 {
        let next = try Self.player(path, database, bus)
        let going = Task { try await next.run() }
        try await waitUntil("all is told") { try await told().count >= Self.count }
        going.cancel()
        _ = await going.result
      }
      #expect(try await told() == Array(0..<Self.count))
    }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test(
    "who believes to lead and does not, by PostgreSQL's clock, plays nothing; nor does who learns of it later",
    arguments: [0, 1])
  func claim(grants: Int) async throws {
    let path = try Self.recorded()
    try await TestDatabase.with { database in
      let bus = MemoryBus { Timestamp.now() }
      let claim = LeaseClaim(name: "feed-leader:tape", holder: "one")
      #expect(try await database.store.acquireLease(name: claim.name, holder: claim.holder, seconds: 3_600))
      let duty = LapsedDuty(of: claim, grants: grants)
      let player = try Self.player(path, database, bus, duty: duty)
      let running = Task { try await player.run() }
      try await waitUntil("it knows") { !duty.isHeld }
      #expect(try await database.store.feeds.newest(of: Self.key) == nil)
      #expect(try bus.entries(of: .feedRecords, after: nil, limit: 1).isEmpty)
      running.cancel()
      _ = await running.result
    }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test("a page whose publication was not answered is told of once")
  func lostAnswer() async throws {
    let path = try Self.recorded()
    try await TestDatabase.with { database in
      let bus = FlakyBus(MemoryBus { Timestamp.now() })
      bus.losesAnswers = true
      let player = try Self.player(path, database, bus)
      let running = Task { try await player.run() }
      try await waitUntil("a page is told of") { try bus.memory.status().stream(.feedRecords)?.length ?? 0 >= 10 }
      bus.losesAnswers = false
      try await waitUntil("all is told") {
        try await database.store.feeds.providerState(of: Self.key)[TapePlayer.toldKey]?.int
          == (1_735_689_600 + 60 * Int64(Self.count - 1)) * 1_000_000
      }
      #expect(try bus.memory.status().stream(.feedRecords)?.length == Self.count)
      running.cancel()
      _ = await running.result
    }
    try FileManager.default.removeItem(atPath: path)
  }
}
