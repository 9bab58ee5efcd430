import Bus
import Competition
import ExampleFeeds
import Feeds
import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

/// The examples of `Tests/Examples/feeds`, taken in by the worker.
@Suite("A source of one's own", .timeLimit(.minutes(3)))
struct ExampleFeedTests {
  private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  private static let walk = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Examples/feeds/walk.py").standardizedFileURL.path

  private static func worker(
    _ feed: FeedSettings, _ provider: any FeedProvider, _ store: Store, _ bus: any Bus
  ) -> FeedDataWorker {
    let pollers = feed.keys.map { key in
      FeedPoller(
        key: key, provider: provider, store: store, bus: bus, pollSeconds: 0.1, backfillSeconds: 60, health: Health(),
        logger: logger, firstPause: .milliseconds(5), longestPause: .milliseconds(20))
    }
    var streams = FeedStream.all(
      provider: provider, pollers: pollers, silence: .seconds(60), duty: SoleDuty(), logger: logger)
    for index in streams.indices {
      streams[index].firstPause = .milliseconds(5)
      streams[index].longestPause = .milliseconds(20)
    }
    return FeedDataWorker(pollers: pollers, streams: streams)
  }

  private static func settings(_ environment: [String: String]) -> FeedSettings {
    var reader = SettingsReader(environment: environment)
    return FeedSettings(&reader)
  }

  /// The children of this process that run the program with this mark.
  private static func programs(_ mark: String) -> [Int32] {
    SystemProcess.family(of: getpid()).filter { pid in
      SystemProcess.description(of: pid).contains(mark) && SystemProcess.isAlive(pid)
    }
  }

  @Test(
    "in Python: its records are stored and told in order, without a gap when the program is killed, and it ends with the worker",
    arguments: ["candle", "tick"])
  func program(kind: String) async throws {
    try await TestDatabase.with { database in
      let mark = UUID().uuidString
      let feed = Self.settings([
        "FEED_SOURCE": "exec:exec python3 '\(Self.walk)' \(mark)", "FEED_SUBJECTS": "A,B", "FEED_KIND": kind,
        "FEED_GRANULARITY": "1s",
      ])
      #expect(feed.source == "exec")
      let provider = try FeedRegistry.provider(named: feed.provider, options: feed.options, backfillSeconds: 60)
      let bus = MemoryBus { Timestamp.now() }
      let worker = Self.worker(feed, provider, database.store, bus)
      let running = Task { try await worker.run() }
      func newest(_ key: FeedKey) async throws -> Timestamp {
        try await database.store.feeds.newest(of: key)?.eventTime ?? Timestamp(seconds: 0)
      }
      let started = Timestamp.now()
      for key in feed.keys { try await waitUntil("the present") { try await newest(key) > started } }
      let first = Self.programs(mark)
      #expect(first.count == 1)
      for pid in first { kill(pid, SIGKILL) }
      try await waitUntil("another one runs") { Self.programs(mark).contains { !first.contains($0) } }
      let again = Timestamp.now()
      for key in feed.keys { try await waitUntil("the present again") { try await newest(key) > again } }
      running.cancel()
      _ = await running.result
      try await waitUntil("the program is gone") { Self.programs(mark).isEmpty }
      for key in feed.keys {
        let records = try await database.store.feeds.newest(of: key, limit: 1_000)
        let seconds = records.map(\.eventTime.seconds)
        #expect(seconds.count >= 60)
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1 - $0 == 1 })
        #expect(records.allSatisfy { $0.isClosed })
      }
      try Self.checkTold(bus, feed.keys)
    }
  }

  /// The times of the records of a feed that were told of, in the order of their telling.
  private static func told(_ bus: MemoryBus, _ key: FeedKey) throws -> [Timestamp] {
    try bus.entries(of: .feedRecords, after: EntryID(milliseconds: 0, sequence: 0), limit: 100_000)
      .map { try FieldReader($0.fields).message(FeedRecordMessage.self).record }
      .filter { $0.key == key }.map(\.eventTime)
  }

  /// Records were told of in their order, none twice.
  private static func checkTold(_ bus: MemoryBus, _ keys: [FeedKey]) throws {
    for key in keys {
      let times = try told(bus, key)
      #expect(times.count > 1)
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test("in Swift: one type in one file is backfilled and polled as the others are")
  func type() async throws {
    try await TestDatabase.with { database in
      let feed = Self.settings([
        "FEED_SOURCE": "tides", "FEED_SUBJECTS": "HARBOUR", "FEED_KIND": "tick", "FEED_GRANULARITY": "1s",
      ])
      let provider = try TideProvider(FeedOptions(["range": "300"]))
      let bus = MemoryBus { Timestamp.now() }
      let worker = Self.worker(feed, provider, database.store, bus)
      let running = Task { try await worker.run() }
      let started = Timestamp.now()
      try await waitUntil("the present is told of, and what came before it") {
        let told = try Self.told(bus, feed.keys[0])
        return told.count > 1 && told.contains { $0 > started.adding(seconds: 1) }
      }
      running.cancel()
      _ = await running.result
      let records = try await database.store.feeds.newest(of: feed.keys[0], limit: 1_000)
      let seconds = records.map(\.eventTime.seconds)
      #expect(seconds.count >= 60)
      #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1 - $0 == 1 })
      #expect(records.allSatisfy { (350...650).contains($0.values["price"]?.number ?? 0) })
      try Self.checkTold(bus, feed.keys)
    }
  }
}
