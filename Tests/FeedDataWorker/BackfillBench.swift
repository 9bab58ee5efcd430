import Competition
import Feeds
import Foundation
import Logging
import Store
import Synchronization
import TestKit

@testable import FeedDataWorker
@testable import ServiceKit

/// Backfill workers on a store and a local exchange, whose answers a test lets through one by one.
struct BackfillBench: Sendable {
  static let start: Int64 = 1_770_000_000
  static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")

  let store: Store
  let exchange: TestExchange
  let gate: GatedProvider
  let folder: String

  /// - Parameter minutes: candles that the exchange has; its clock stands in the middle of the last one.
  static func with(
    minutes: Int, faults: [TestHTTPServer.Answer] = [], _ body: @Sendable (BackfillBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      let candles = (0..<minutes).map { minute in
        TestExchange.Candle(
          opened: time(minute).seconds, open: "\(minute + 1).5", high: "\(minute + 2)", low: "1",
          close: "\(minute + 1).25", volume: "10")
      }
      let exchange = try TestExchange(candles, now: time(minutes).adding(seconds: -30), faults: faults)
      for candle in candles { exchange.publish(candle, of: "ETHUSDT", tells: false) }
      let provider = try FeedRegistry.provider(
        named: "binance", options: ["base_url": exchange.url, "stream": "false"], backfillSeconds: 60)
      let folder = FileManager.default.temporaryDirectory.appending(path: "backfill-\(UUID().uuidString)").path
      let bench = BackfillBench(
        store: database.store, exchange: exchange, gate: GatedProvider(provider), folder: folder)
      try await body(bench)
      try await exchange.stop()
      if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    }
  }

  static func time(_ minute: Int) -> Timestamp { Timestamp(seconds: start + 60 * Int64(minute)) }

  /// A worker, by a name of its own.
  /// - Parameter isTape: whether it plays a recorded feed.
  func worker(_ name: String, requestsPerSecond: Double = 10_000, isTape: Bool = false) -> BackfillWorker {
    let logger = Logger(label: name)
    var worker = BackfillWorker(
      store: store,
      providers: BackfillProviders(
        source: "binance", provider: isTape ? nil : gate, keys: [], feeds: store.feeds
      ) {
        guard $0 != "clock" else { return PresentProvider() }
        let options = $0 == "exec" ? ["command": "cat"] : [:]
        return try FeedRegistry.provider(named: $0, options: options, backfillSeconds: 60)
      },
      claims: BackfillClaims(leases: store.leases, holder: name, logger: logger), folder: HistoryFolder(path: folder),
      pace: RequestPace(requestsPerSecond: requestsPerSecond), logger: logger)
    worker.pause = .milliseconds(20)
    worker.now = { [exchange] in exchange.clock.now }
    return worker
  }

  /// Asks for minutes, the last one included.
  func ask(
    _ minutes: ClosedRange<Int>, into destination: BackfillDestination = .records, of keys: [FeedKey] = [key]
  ) async throws -> [BackfillJob] {
    let requests = keys.map { key in
      BackfillRequest(
        source: key.source, subject: key.subject, kind: key.kind.rawValue, granularity: key.granularity,
        start: Self.time(minutes.lowerBound), end: Self.time(minutes.upperBound), destination: destination)
    }
    return try await store.backfills.request(requests, by: AdminAction(actor: "test")).made
  }

  func job(_ job: BackfillJob) async throws -> BackfillJob? { try await store.backfills.job(id: job.id) }

  func end(of asked: BackfillJob) async throws -> BackfillJob {
    try await waitUntil("the job's end") { try await job(asked)?.isOpen == false }
    guard let ended = try await job(asked) else { throw NeverHappened(what: "the job's end") }
    return ended
  }

  /// The minutes of all stored records.
  func stored(of key: FeedKey = key) async throws -> [Int] {
    try await store.feeds.newest(of: key, limit: 100_000).map { Int(($0.eventTime.seconds - Self.start) / 60) }
  }

  /// The first minute of each question that reached the exchange, in order.
  var asked: [Int] {
    exchange.requests.compactMap { $0["startTime"].flatMap { Int64($0) } }.map { start in
      Int((start / 1_000 - Self.start + 59) / 60)
    }
  }

  /// The command that belongs to a job.
  func command(of job: BackfillJob) async throws -> String? {
    try await store.pool.query("SELECT state FROM commands WHERE kind = 'backfill' AND target = $1", [.text(job.id)])
      .first?.text(0)
  }
}

/// A provider that knows the present only, whatever it is asked for.
struct PresentProvider: FeedProvider {
  func subjects() -> [FeedSubject] { [] }

  func fetch(_ request: FeedRequest) -> FeedPage {
    FeedPage(records: [
      FeedRecord(key: request.key, eventTime: request.now, ingestedTime: request.now, values: ["price": 1.0])
    ])
  }
}

/// A provider that answers only as often as a test lets it, and tells who waits.
final class GatedProvider: FeedProvider {
  private struct State {
    var left = Int.max
    var waiting: Set<String> = []
  }

  private let inner: any FeedProvider
  private let state = Mutex(State())

  init(_ inner: any FeedProvider) { self.inner = inner }

  /// How many more questions are let through.
  func allow(_ count: Int) { state.withLock { $0.left = count } }
  /// The subjects that are asked for and wait.
  var waiting: Set<String> { state.withLock { $0.waiting } }

  func subjects() async throws -> [FeedSubject] { try await inner.subjects() }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) async throws -> JSONObject {
    try await inner.prepare(key, stored: stored, now: now)
  }

  func check(_ key: FeedKey, now: Timestamp) async throws { try await inner.check(key, now: now) }

  func fetch(_ request: FeedRequest) async throws -> FeedPage {
    while !pass(request.key.subject) { try await Task.sleep(for: .milliseconds(1)) }
    return try await inner.fetch(request)
  }

  private func pass(_ subject: String) -> Bool {
    state.withLock { state in
      guard state.left > 0 else {
        state.waiting.insert(subject)
        return false
      }
      state.waiting.remove(subject)
      state.left -= 1
      return true
    }
  }
}
