import ChildProcesses
import Competition
import Foundation
import Store
import TestKit
import Testing

@testable import Coordinator

@Suite("coordinator feed tail", .timeLimit(.minutes(3)))
struct FeedTailTests {
  private static let tick = FeedKey(source: "s", subject: "X", kind: .tick, granularity: "1s")
  private static let candle = FeedKey(source: "s", subject: "X", kind: .candle, granularity: "1m")
  private static let everything = FeedFilter(subjects: [], source: nil, kind: nil, granularity: nil)
  private static let begin = Timestamp(seconds: 1_770_000_000)

  private static func put(
    _ store: Store, _ key: FeedKey, _ places: Range<Int>, value: Double? = nil, isClosed: Bool = true
  ) async throws {
    let step = key.kind == .candle ? 60 : 1
    let records = places.map { place in
      FeedRecord(
        key: key, eventTime: begin.adding(seconds: step * place), ingestedTime: .now(),
        values: ["price": .double(value ?? Double(place))], meta: ["closed": .bool(isClosed)])
    }
    try await store.feeds.ingest(records, phase: "listen")
  }

  @Test("--follow shows all that comes at once, also when it is more than --count")
  func burst() async throws {
    try await Command.with { command in
      let store = command.database.store
      try await Self.put(store, Self.tick, 0..<10)
      let tail = RunningProcess(
        ChildProcess(
          executable: try Executables.products + "/coordinator",
          arguments: ["feed", "tail", "--follow", "--count", "2"],
          environment: ["DATABASE_URL": command.database.url]))
      try await waitUntil("what is there") { tail.lines.count == 2 }
      try await Self.put(store, Self.tick, 10..<60)
      try await waitUntil("what comes; it said: \(tail.lines)") { tail.lines.last?.contains("price 59") == true }
      tail.signal(SIGINT)
      #expect(try await tail.ending.exitCode == 0)
      #expect(tail.lines.count == 52)
    }
  }

  @Test("ticks that come late, candles that change, pages and new feeds are told once")
  func changes() async throws {
    try await TestDatabase.with(.schema) { database in
      let store = database.store
      try await Self.put(store, Self.tick, 0..<5)
      try await Self.put(store, Self.tick, 6..<10)
      var follower = FeedFollower(store: store, filter: Self.everything)
      func next() async throws -> [Double?] { try await follower.next().map { $0.values["price"]?.number } }

      #expect(try await follower.begin(count: 2).map { $0.values["price"]?.number } == [8, 9])
      #expect(try await next() == [])
      try await Self.put(store, Self.tick, 5..<6)
      #expect(try await next() == [5])
      try await Self.put(store, Self.tick, 100..<2_300)
      #expect(try await next().count == 2_200)

      try await Self.put(store, Self.candle, 0..<1, value: 1, isClosed: false)
      #expect(try await next() == [1])
      try await Self.put(store, Self.candle, 0..<1, value: 2, isClosed: false)
      try await Self.put(store, Self.candle, 1..<2, value: 3, isClosed: false)
      #expect(try await next() == [2, 3])
      try await Self.put(store, Self.candle, 0..<1, value: 2)
      #expect(try await next() == [2])
      #expect(try await next() == [])
    }
  }
}
