import Bus
import Competition
import Logging
import Store
import TestKit

@testable import FeedDataWorker
@testable import ServiceKit

/// A poller with everything around it: a store of its own, a bus in memory, a provider and a clock that the test holds.
struct FeedBench: Sendable {
  static let start = 1_790_000_000
  static let key = FeedKey(source: "fake", subject: "X", kind: .candle, granularity: "1s")
  static let ticks = FeedKey(source: "fake", subject: "X", kind: .tick, granularity: "1s")

  let provider: FakeProvider
  let store: Store
  let bus: FlakyBus
  let health = Health()
  var poller: FeedPoller

  /// - Parameter prompt: how much of the past the provider has quickly; nil: any.
  init(_ store: Store, key: FeedKey = FeedBench.key, prompt: Int? = nil, backfillSeconds: Int = 60) {
    let provider = FakeProvider(key, now: Timestamp(seconds: Int64(Self.start)), prompt: prompt)
    let bus = FlakyBus(MemoryBus { provider.now })
    self.provider = provider
    self.store = store
    self.bus = bus
    poller = FeedPoller(
      key: key, provider: provider, store: store, bus: bus, pollSeconds: 0.001, backfillSeconds: backfillSeconds,
      health: health, logger: Logger(label: "test"))
    poller.firstPause = .milliseconds(1)
    poller.longestPause = .milliseconds(4)
    poller.now = { provider.now }
  }

  /// The seconds after the start of all stored records.
  func stored() async throws -> [Int] {
    try await store.feeds.newest(of: poller.key, limit: 100_000).map { Int($0.eventTime.seconds) - Self.start }
  }

  /// The seconds after the start of all announced records, in order.
  func announced() async throws -> [Int] {
    try await bus.memory.entries(of: .feedRecords, after: EntryID(milliseconds: 0, sequence: 0), limit: 100_000).map {
      entry in
      let message = try FieldReader(entry.fields).message(FeedRecordMessage.self)
      return Int(message.record.eventTime.seconds) - Self.start
    }
  }

  /// What `/readyz` says of the feed.
  var readiness: String? { health.report.body[Self.key.subject]?.string }

  /// Seconds after the start.
  func seconds(_ range: ClosedRange<Int>) -> [Int] { range.map { $0 + Self.start } }
}
