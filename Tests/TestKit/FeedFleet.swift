import Bus
import Competition
import Foundation
import Postgres
import Store
import Synchronization

/// Feed workers of one feed, each a process of its own, on a market that goes on by itself. They come and go as the test says.
public final class FeedFleet: Sendable {
  public static let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1s")

  private let database: TestDatabase
  private let redis: PrivateRedis
  private let market: LiveExchange
  private let variables: [String: String?]
  private let members = Mutex<[WorkerProcess]>([])

  /// Lends a market without a worker to `body` and ends all of it afterwards, also when `body` throws.
  public static func with(
    _ database: TestDatabase, _ redis: PrivateRedis, _ body: (FeedFleet) async throws -> Void
  ) async throws {
    let authority = try await TestAuthority.make()
    let fleet = FeedFleet(database, redis, try await LiveExchange(authority), authority)
    do {
      try await body(fleet)
      try await fleet.stop()
    } catch {
      try await fleet.stop()
      throw error
    }
  }

  private init(_ database: TestDatabase, _ redis: PrivateRedis, _ market: LiveExchange, _ authority: TestAuthority) {
    self.database = database
    self.redis = redis
    self.market = market
    var variables: [String: String?] = [
      "DATABASE_URL": database.url, "REDIS_URL": redis.url, "DATABASE_POOL_SIZE": "2", "FEED_SOURCE": "binance",
      "FEED_SUBJECTS": "BTCUSDT", "FEED_KIND": "candle", "FEED_GRANULARITY": "1s", "FEED_POLL_SECONDS": "0.5",
      "FEED_BACKFILL_MINUTES": "1",
    ]
    for (name, value) in market.exchange.options(authority) { variables["FEED_OPT_\(name.uppercased())"] = value }
    self.variables = variables
  }

  /// Starts a worker and waits until it leads or stands by.
  public func start() async throws {
    let worker = try WorkerProcess("feed-data-worker", variables)
    members.withLock { $0.append(worker) }
    try await waitUntil("a feed worker is ready; it said: \(worker.process.lines.suffix(5))") { await worker.isReady() }
  }

  /// Kills the worker that leads.
  /// - Returns: how long it took until another one had stored a record.
  public func killLeader() async throws -> Duration {
    let holder = Mutex("")
    try await waitUntil("one leads") {
      let rows = try await database.store.pool.query(
        "SELECT holder FROM leases WHERE name LIKE 'feed-leader:%' AND expires_at >= clock_timestamp()")
      guard let name = try rows.first?.text(0) else { return false }
      holder.withLock { $0 = name }
      return true
    }
    let name = holder.withLock { $0 }
    guard let leader = members.withLock({ $0.first { $0.owns(name) } }) else {
      throw NeverHappened(what: "\(name) is ours")
    }
    leader.process.signal(SIGKILL)
    _ = try await leader.process.ending
    let killed = ContinuousClock.now
    let before = try await database.store.now()
    members.withLock { members in members.removeAll { $0 === leader } }
    try await waitUntil("another one takes records in") {
      try await database.store.feeds.newest(of: Self.key).map { $0.ingestedTime > before } ?? false
    }
    return ContinuousClock.now - killed
  }

  /// The seconds that are missing between the first stored candle and now, of those that are not as they were traded, and what
  /// was told of those that were told of twice.
  public func faults() async throws -> (missing: [Int64], wrong: [Int64], twice: [String]) {
    let now = try await database.store.now()
    try await waitUntil("the present") {
      try await database.store.feeds.newest(of: Self.key).map { $0.eventTime >= now && $0.isClosed } ?? false
    }
    let records = try await database.store.feeds.newest(of: Self.key, limit: 10_000)
    let seconds = records.map(\.eventTime.seconds)
    let all = Set(seconds.first.map { Array($0...now.seconds) } ?? [])
    let wrong = records.filter { $0.isClosed && $0.values["close"]?.number != LiveExchange.close($0.eventTime.seconds) }
    return (all.subtracting(seconds).sorted(), wrong.map(\.eventTime.seconds), try await toldTwice())
  }

  /// Candles that Redis was told of as closed more than once, with all that it was told of them.
  private func toldTwice() async throws -> [String] {
    let bus = RedisBus(redis.configuration, clientName: "test")
    let entries = try await bus.entries(of: .feedRecords, after: EntryID(milliseconds: 0, sequence: 0), limit: 100_000)
    let told = try entries.map { entry in
      (id: entry.id, record: try FieldReader(entry.fields).message(FeedRecordMessage.self).record)
    }
    let twice = Dictionary(grouping: told, by: \.record.eventTime).filter { $0.value.count { $0.record.isClosed } > 1 }
    return twice.sorted { $0.key < $1.key }.map { time, told in
      let entries = told.map { id, record in
        let state = record.isClosed ? "closed" : "forming"
        return "\(id) \(state) \(JSON.object(record.values).text), taken in at \(record.ingestedTime.iso8601(.z))"
      }
      return "second \(time.seconds): \(entries.joined(separator: "; "))"
    }
  }

  private func stop() async throws {
    for worker in members.withLock({ $0 }) { await worker.process.stop() }
    try await market.stop()
  }
}
