import Competition
import ServiceKit
import Store

/// The newest records of feeds, and those that come.
struct FeedTail: Sendable {
  let store: Store
  let filter: FeedFilter
  let count: Int
  let json: Bool

  private static let pause: Duration = .milliseconds(500)

  /// The newest, the oldest of them first.
  func newest() async throws -> [FeedRecord] {
    var records: [FeedRecord] = []
    for feed in try await store.feeds.streams() where filter.includes(feed.key) {
      records += try await store.feeds.newest(of: feed.key, limit: count)
    }
    return Array(records.sorted { ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject) }.suffix(count))
  }

  func write(_ records: [FeedRecord]) {
    for record in records { json ? Terminal.json(FeedText.json(record)) : Terminal.line(FeedText.line(record)) }
  }

  /// Writes what is there and what comes, until Ctrl-C; a candle that changes is written again.
  func follow() async throws {
    let signals = await StopSignals()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await signals.wait(seconds: nil) }
      group.addTask { try await writeOn() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func writeOn() async throws {
    var known: [String: JSONObject] = [:]
    while !Task.isCancelled {
      let records = try await newest()
      write(records.filter { known[FeedText.mark($0)] != $0.values })
      known = Dictionary(records.map { (FeedText.mark($0), $0.values) }) { $1 }
      await rest(Self.pause)
    }
  }
}
