import Bus
import Competition
import Feeds
import Logging
import Store
import Synchronization
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

/// F23 at Pyth's: the stream and the answers of Hermes as they should not be.
@Suite("Pyth's feed with faults", .timeLimit(.minutes(3)))
struct PythFeedTests {
  private static let start: Int64 = 1_770_000_000
  private static func key(_ granularity: String) -> FeedKey {
    FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: granularity)
  }
  private static let faults: [TestHTTPServer.Answer] = [
    .status(500), .reply(200, ["Content-Type": "text/html"], Array("<html>maintenance</html>".utf8)),
    .json("{\"parsed\":[{\"id\""), .json("{\"binary\":{}}"), .reply(429, ["Retry-After": "0"], []),
    .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"par".utf8)), .status(502),
  ]

  private static func price(_ second: Int64) -> Int64 { 6_500_000_000_000 + (second * 7_919 % 1_000) * 100_000_000 }

  private struct Rig {
    let key: FeedKey
    let hermes: TestHermes
    let store: Store
    let health = Health()
    let worker: FeedDataWorker

    init(_ key: FeedKey, _ hermes: TestHermes, _ store: Store) throws {
      self.key = key
      self.hermes = hermes
      self.store = store
      let provider = try FeedRegistry.provider(named: "pyth", options: hermes.options, backfillSeconds: 60)
      let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      let clock = hermes.clock
      var poller = FeedPoller(
        key: key, provider: provider, store: store, bus: MemoryBus { clock.now }, pollSeconds: 0.05,
        backfillSeconds: 10_800, health: health, logger: logger)
      poller.firstPause = .milliseconds(5)
      poller.longestPause = .milliseconds(20)
      poller.silence = .seconds(1)
      poller.longestAge = 3
      poller.now = { clock.now }
      var streams = FeedStream.all(
        provider: provider, pollers: [poller], silence: .seconds(1), duty: SoleDuty(), logger: logger)
      for index in streams.indices {
        streams[index].firstPause = .milliseconds(5)
        streams[index].longestPause = .milliseconds(20)
        streams[index].now = { clock.now }
      }
      worker = FeedDataWorker(pollers: [poller], streams: streams)
    }

    func stored() async throws -> [Int64: Double] {
      let records = try await store.feeds.newest(of: key, limit: 100_000)
      return Dictionary(records.map { ($0.eventTime.seconds, $0.values["price"]?.number ?? 0) }) { first, _ in first }
    }

    func missing(_ seconds: some Sequence<Int64>) async throws -> [Int64] {
      let stored = try await stored()
      return seconds.filter { stored[$0] != Double(price($0)) / 1e8 }
    }
  }

  @Test(
    "goes on after each of them: rubbish, what comes out of order or twice, a connection that breaks off or says nothing"
  )
  func faults() async throws {
    try await TestDatabase.with { database in
      let hermes = try await TestHermes(
        TestAuthority.make(), now: Timestamp(seconds: Self.start), faults: Self.faults + Self.faults)
      for second in Self.start - 100...Self.start { hermes.publish(Self.price(second), at: second, tells: false) }
      let rig = try Rig(Self.key("1s"), hermes, database.store)
      let running = Task { try await rig.worker.run() }
      try await waitUntil("the last minute") { try await rig.missing(Self.start - 59...Self.start - 3).isEmpty }
      try await waitUntil("the stream") { hermes.events.listeners == 1 }
      for second in Self.start + 1...Self.start + 60 {
        let isTold = second % 7 != 0
        hermes.publish(Self.price(second), at: second, tells: isTold)
        if second % 5 == 0 { hermes.events.send("data: <html>\n\n") }
        if second % 11 == 0 { hermes.events.send(TestHermes.event(Self.price(second), at: second)) }
        if second % 13 == 0 { hermes.events.send(TestHermes.event(Self.price(second - 3), at: second - 3)) }
      }
      try await waitUntil("what was told") { try await rig.stored()[Self.start + 60] != nil }
      hermes.events.cut()
      let gap = Self.start + 61...Self.start + 300
      for second in gap { hermes.publish(Self.price(second), at: second, tells: false) }
      try await waitUntil("what came while the connection was away") {
        try await rig.missing(gap.dropLast(3)).isEmpty
      }
      // It stays open and says nothing: given up, and asked for meanwhile.
      let late = Self.start + 301...Self.start + 340
      for second in late { hermes.publish(Self.price(second), at: second, tells: false) }
      try await waitUntil("what came while it said nothing") { try await rig.stored()[late.upperBound] != nil }
      running.cancel()
      _ = await running.result
      try await hermes.stop()
    }
  }

  @Test("an hour of silence is said, and filled step by step when it is over")
  func silence() async throws {
    try await TestDatabase.with { database in
      let hermes = try await TestHermes(TestAuthority.make(), now: Timestamp(seconds: Self.start))
      for second in Self.start - 100...Self.start { hermes.publish(Self.price(second), at: second, tells: false) }
      let rig = try Rig(Self.key("10s"), hermes, database.store)
      let running = Task { try await rig.worker.run() }
      try await waitUntil("the present") { try await rig.stored()[Self.start] != nil }
      hermes.clock.advance(seconds: 3_600)
      try await waitUntil("it says so") {
        rig.health.report.body[rig.key.subject]?.string?.contains("has nothing newer") == true
      }
      let hour = Self.start + 1...Self.start + 3_600
      for second in hour { hermes.publish(Self.price(second), at: second, tells: second == hour.upperBound) }
      let steps = stride(from: Self.start, through: hour.upperBound, by: 10)
      try await waitUntil("the hour") { try await rig.missing(steps).isEmpty }
      running.cancel()
      _ = await running.result
      try await hermes.stop()
    }
  }
}
