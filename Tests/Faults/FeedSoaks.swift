import Bus
import Competition
import Foundation
import Store
import TestKit
import Testing

extension Faults {
  @Suite("Much of a feed", .enabled(if: FaultScale.isChaos))
  struct FeedSoaks {
    private static let tradesASecond = 1_000
    private static let parts = 50

    @Test("1,000 trades a second for ten minutes are stored, each of them, and memory stays flat")
    func soak() async throws {
      let seconds = 600
      try await FeedRun.with(kind: "tick", subjects: ["BTCUSDT"]) { run in
        try await run.waitUntilStreaming(connections: 1)
        let start = Int64(Date().timeIntervalSince1970 * 1_000)
        var memory: [Int] = []
        let clock = ContinuousClock()
        var next = clock.now
        let size = Self.tradesASecond / Self.parts
        for part in 0..<seconds * Self.parts {
          run.exchange.clock.now = Timestamp(milliseconds: start + Int64((part + 1) * size))
          let numbers = Int64(part * size)..<Int64((part + 1) * size)
          run.exchange.trade(numbers.map { TestExchange.Trade(number: $0, time: start + $0, price: "\($0 % 977 + 1)") })
          if part % Self.parts == 0 {
            memory.append(run.worker.residentMegabytes)
            _ = try await run.bus.trim(.feedRecords, keeping: 1_000)
          }
          next += .seconds(1) / Self.parts
          try await clock.sleep(until: next)
        }
        let all = seconds * Self.tradesASecond
        try await waitUntil("all \(all) trades") { try await run.stored("BTCUSDT", since: start) == all }
        // The first fifth is for caches to fill.
        let warm = memory.dropFirst(memory.count / 5)
        print(
          "memory over \(seconds) s of \(Self.tradesASecond) trades a second: \(memory.first ?? 0) MiB at first, \(warm)"
        )
        let growth = (warm.last ?? 0) - (warm.first ?? 0)
        #expect(growth <= 8, "MiB more at the end")
      }
    }

    @Test("500 subjects have a candle a second each on one worker")
    func subjects() async throws {
      let subjects = (1...500).map { "S\($0)USDT" }
      let seconds = 60
      try await FeedRun.with(kind: "candle", subjects: subjects) { run in
        try await run.waitUntilStreaming(connections: 3)
        let clock = ContinuousClock()
        let first = Int64(Date().timeIntervalSince1970)
        var times: [Duration] = []
        for second in first..<first + Int64(seconds) {
          run.exchange.clock.now = Timestamp(seconds: second + 1)
          let told = clock.now
          for subject in subjects {
            let candle = TestExchange.Candle(opened: second, open: "1", high: "2", low: "1", close: "2", volume: "1")
            run.exchange.publish(candle, of: subject)
          }
          try await waitUntil("all subjects have second \(second - first)") {
            try await run.storedSubjects(at: second) == subjects.count
          }
          times.append(clock.now - told)
          try await clock.sleep(until: told + .seconds(1))
        }
        times.sort()
        let median = times[times.count / 2]
        print(
          "500 subjects: a second of all of them was stored within \(median), at the longest \(times[times.count - 1])")
        #expect(median <= .seconds(1))
      }
    }
  }
}

/// One feed worker on an exchange that says what a test tells it to.
struct FeedRun: Sendable {
  let exchange: TestExchange
  let worker: WorkerProcess
  let bus: RedisBus
  private let store: Store

  static func with(kind: String, subjects: [String], _ body: @Sendable (FeedRun) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      try await PrivateRedis.with { redis in
        let authority = try await TestAuthority.make()
        let exchange = try TestExchange(
          [], others: subjects, seconds: 1, now: Timestamp(seconds: Int64(Date().timeIntervalSince1970)), isDated: true)
        try await exchange.stream.start(authority)
        var variables: [String: String?] = [
          "DATABASE_URL": database.url, "REDIS_URL": redis.url, "FEED_SOURCE": "binance", "FEED_KIND": kind,
          "FEED_SUBJECTS": subjects.joined(separator: ","), "FEED_GRANULARITY": "1s", "FEED_BACKFILL_MINUTES": "1",
        ]
        for (name, value) in exchange.options(authority) { variables["FEED_OPT_\(name.uppercased())"] = value }
        let worker = try WorkerProcess("feed-data-worker", variables)
        let run = FeedRun(
          exchange: exchange, worker: worker, bus: RedisBus(redis.configuration, clientName: "test"),
          store: database.store)
        do { try await body(run) } catch {
          Issue.record("\(error); the worker said:\n\(worker.process.lines.suffix(10).joined(separator: "\n"))")
        }
        await worker.process.stop()
        try await exchange.stop()
      }
    }
  }

  func waitUntilStreaming(connections: Int) async throws {
    try await waitUntil("the streams are open") { exchange.stream.listeners == connections }
  }

  /// - Parameter since: milliseconds since 1970.
  func stored(_ subject: String, since: Int64) async throws -> Int {
    Int(
      try await store.pool.query(
        "SELECT count(*) FROM feed_records WHERE subject = $1 AND ts_event >= $2",
        [.text(subject), .time(since * 1_000)])[0].int(0))
  }

  /// How many subjects have a candle of this second.
  func storedSubjects(at second: Int64) async throws -> Int {
    Int(
      try await store.pool.query("SELECT count(*) FROM feed_records WHERE ts_event = $1", [.time(second * 1_000_000)])[
        0
      ].int(0))
  }
}
