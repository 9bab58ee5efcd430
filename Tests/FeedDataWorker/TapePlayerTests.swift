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

  private static func player(_ path: String, _ database: TestDatabase, _ bus: any Bus) throws -> TapePlayer {
    var player = TapePlayer(
      keys: [key], tape: try ReplayTape(["path": path], keys: [key]), store: database.store, bus: bus,
      duty: SoleDuty(), health: Health(), logger: Logger(label: "test"))
    player.pageSize = 10
    return player
  }

  @Test("killed after it has stored a page and before it has told of it, it tells of it after its start; of none twice")
  func killed() async throws {
    let path = NSTemporaryDirectory() + "/tape-\(UUID().uuidString).csv"
    let lines = (0..<Self.count).map { "\(1_735_689_600 + 60 * $0),X,1,3,1,2,1" }
    try (["time,subject,open,high,low,close,volume"] + lines).joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
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
        try await database.store.feeds.newest(of: Self.key, limit: 99).count == 10
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
}
